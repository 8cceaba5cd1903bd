"""Rollouts in, the same rollouts with verdicts out."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.judges.observed_rows import ObservedRow, read_observed
from p2r_rewards.judges.synchronous import judge_sync
from p2r_rewards.judges.verdict import Judge, Verdict
from p2r_rewards.rollouts.json_text import dump_json
from p2r_rewards.rollouts.output_file import OutputFile
from p2r_rewards.rollouts.rejects import RejectsWriter

ADDED = ("sufficient", "sufficient_how", "judge")
"""The columns that are added: the verdict (null: unscored), what decided it, and who judged."""

STANDARD_OUTPUT = "-"


def write_verdicts(
    inputs: Sequence[str],
    output: str | None,
    judge: Judge,
    *,
    name: str,
    mapping: Mapping[str, str] | None = None,
    overwrite_columns: bool = False,
    standard_input: Path | None = None,
    standard_output: BinaryIO | None = None,
    progress: Callable[[int], None] = lambda rows: None,
) -> dict[str, Any]:
    """Writes rollouts as JSON Lines with verdicts beside them, whole or not at all, and returns the counts.

    A completion without an observation is insufficient; data at fault leave the verdict null, with the reason. What a
    judge with a cache has said is kept there at once: a run that was ended early is taken up by the next one.

    Args:
        inputs: Files, folders, or "-".
        output: A `.jsonl` file, "-" for standard output, or None for the counts alone.
        judge: Who judges.
        name: How the judge is called where its verdicts don't say.
        mapping: Fields whose column the user names.
        overwrite_columns: Whether the added columns may stand in the input.
        standard_input: Where the bytes of "-" were put.
        standard_output: Where "-" is written to.
        progress: Called with the number of rows so far.

    Raises:
        DataError: An input can't be read, no row could be judged, or the output can't be written.
        ConfigError: The output's name is no `.jsonl`, or the input has a column that is added.
    """
    if output not in (None, STANDARD_OUTPUT) and not str(output).endswith(".jsonl"):
        message = f"output {output}: the name must end in .jsonl (or be - for standard output)"
        raise ConfigError(message)
    tally = _Tally(name)
    with ExitStack() as stack:
        files: list[OutputFile] = []
        stream: BinaryIO | None = None
        rejects = None
        rejects_path = None
        if output == STANDARD_OUTPUT:
            stream = standard_output or sys.stdout.buffer
        elif output is not None:
            files = [OutputFile(Path(output), stack)]
            stream = files[0].stream
            rejects_path = Path(f"{output}.rejects.jsonl")
            rejects_output = OutputFile(rejects_path, stack)
            rejects = RejectsWriter(rejects_output)
        for batch in read_observed(inputs, mapping=mapping, standard_input=standard_input, progress=progress):
            if batch.rejects:
                tally.reject(batch.rejects[0].reason, len(batch.rejects))
                if rejects is not None:
                    rejects.add(batch.rejects)
            for one, verdict in zip(batch.rows, _judge_rows(batch.rows, judge), strict=True):
                if not overwrite_columns:
                    _check_collision(one)
                tally.add(one, verdict)
                if stream is not None:
                    said = (verdict.sufficient, verdict.how, verdict.model or name)
                    stream.write(dump_json({**one.row, **dict(zip(ADDED, said, strict=True))})[0] + b"\n")
        if not tally.rows:
            message = f"no row holds a rollout or an observation{tally.first_reject}"
            raise DataError(message)
        for file in files:
            file.commit()
        if rejects is not None and rejects_path is not None:
            if rejects.count:
                rejects_output.commit()
            else:  # an old one must not stand beside a new output
                rejects_path.unlink(missing_ok=True)
        if stream is not None and output == STANDARD_OUTPUT:
            stream.flush()
    return tally.to_mapping(output, str(rejects_path) if rejects is not None and rejects.count else None)


def _judge_rows(rows: Sequence[ObservedRow], judge: Judge) -> list[Verdict]:
    items = [one.item for one in rows if one.item is not None]
    answers = iter(judge_sync(judge, items) if items else [])
    return [next(answers) if one.item is not None else _without_asking(one) for one in rows]


def _without_asking(one: ObservedRow) -> Verdict:
    if one.observation is None:
        return Verdict(sufficient=False, how="there is no observation")
    return Verdict(sufficient=None, how=one.fault or "there is nothing to ask")


def _check_collision(one: ObservedRow) -> None:
    taken = [name for name in ADDED if name in one.row]
    if taken:
        message = f"{one.place}: the input has {', '.join(taken)} already; write over them with --overwrite-columns"
        raise ConfigError(message)


class _Tally:
    def __init__(self, name: str) -> None:
        self.name = name
        self.rows = self.cached = self.rejects = 0
        self.first_reject = ""
        self.said: Counter[bool | None] = Counter()
        self.by_type: dict[str, Counter[bool | None]] = {}
        self.reasons: Counter[str] = Counter()

    def add(self, one: ObservedRow, verdict: Verdict) -> None:
        self.rows += 1
        self.cached += verdict.cached
        self.said[verdict.sufficient] += 1
        self.by_type.setdefault(one.problem.type, Counter())[verdict.sufficient] += 1
        if verdict.sufficient is None and (len(self.reasons) < 1000 or verdict.how in self.reasons):
            self.reasons[verdict.how] += 1

    def reject(self, reason: str, count: int) -> None:
        if not self.rejects:
            self.first_reject = f"; the first: {reason}"
        self.rejects += count

    def to_mapping(self, output: str | None, rejects_file: str | None) -> dict[str, Any]:
        return {
            "judge": self.name,
            "output": output,
            "rows": self.rows,
            **_counts(self.said),
            "cached": self.cached,
            "rejects": self.rejects,
            "rejects_file": rejects_file,
            "types": [{"type": kind, **_counts(said)} for kind, said in sorted(self.by_type.items())],
            "reasons": [{"reason": reason, "rows": count} for reason, count in self.reasons.most_common()],
        }


def _counts(said: Counter[bool | None]) -> dict[str, int]:
    return {"sufficient": said[True], "insufficient": said[False], "unscored": said[None]}
