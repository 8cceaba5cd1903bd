"""A first pass over rollouts that are to be scored: verdicts on their observations, and think-answer mismatch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from p2r_rewards.completion import Completion
from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.judges.mismatches import Mismatches, RowPlace
from p2r_rewards.judges.model_extraction import ModelExtraction
from p2r_rewards.judges.model_judge import ModelJudge
from p2r_rewards.judges.opening import LEXICAL, LEXICAL_NOTE
from p2r_rewards.judges.rollout_verdicts import RolloutVerdicts
from p2r_rewards.judges.verdict import Judge
from p2r_rewards.parsing import parse_completion
from p2r_rewards.rollouts.dataset_index import DatasetIndex
from p2r_rewards.rollouts.fields import FieldFinder
from p2r_rewards.rollouts.json_text import dump_json
from p2r_rewards.rollouts.reading import read_batches
from p2r_rewards.rollouts.rollout import Rollout, RolloutReader
from p2r_rewards.rollouts.source import Source
from p2r_rewards.rollouts.verdict_store import VerdictStore
from p2r_rewards.scoring.first_pass import Passed
from p2r_rewards.scoring.job import ScoringJob

SUBSET = "data_source"
"""The column by whose values mismatch is told apart."""

_DONE = "judged.json"
_VERDICTS = "verdicts"


class RolloutPass:
    """Judges the observations of a job's rollouts and measures think-answer mismatch, before they are scored.

    A run that is taken up asks only for what has no verdict yet; one that had all of them goes on to scoring.

    Args:
        judge: Who judges; None: nobody.
        name: The string that names the judge.
        mismatch: Whether think-answer mismatch is measured.
        extraction: Reads what the rules of extraction leave open; None: nobody does.
        progress: Called with what is counted, such as "rows read", and the number so far.

    Example:
        >>> from p2r_rewards.judges.opening import open_judge
        >>> RolloutPass(open_judge("lexical"), name="lexical").judge["model"]
        'lexical-3'
    """

    def __init__(
        self,
        judge: Judge | None = None,
        *,
        name: str = "",
        mismatch: bool = False,
        extraction: ModelExtraction | None = None,
        progress: Callable[[str, int], None] = lambda what, count: None,
    ) -> None:
        self._judge = judge
        self._name = name
        self._mismatch = mismatch or extraction is not None
        self._extraction = extraction
        self._progress = progress

    @property
    def judge(self) -> dict[str, Any] | None:
        """Who judges: the string, the model, the prompt, and for the embedded judges that no model read anything."""
        return None if self._judge is None else describe_judge(self._judge, self._name)

    def __call__(self, job: ScoringJob, sources: Sequence[Source], folder: Path, dataset: Path | None) -> Passed:
        """Goes through the rollouts, unless that was done before a run was taken up.

        Raises:
            DataError: The judge or the model can't be reached.
            ConfigError: There is nothing to judge by the completions' template, or the judge's own does not fit.
        """
        if self._judge is not None and job.config.template.observation is None:
            message = "the template of the completions has no observation, so a judge has nothing to read: leave it out"
            raise ConfigError(message)
        asked = {
            "judge": self.judge,
            "mismatch": self._mismatch,
            "extraction": self._extraction and describe_judge(self._extraction.judge, self._extraction.name),
        }
        summary = _read_done(folder / _DONE, asked)
        if summary is None:
            summary = self._go_through(job, sources, folder, dataset)
            _write_done(folder / _DONE, asked, summary)
        return Passed(
            verdicts=folder / _VERDICTS if self._judge is not None else None,
            summary=summary,
            notes=[LEXICAL_NOTE.format(self._name)] if self._name in LEXICAL else [],
        )

    def _go_through(
        self, job: ScoringJob, sources: Sequence[Source], folder: Path, dataset: Path | None
    ) -> dict[str, Any]:
        summary: dict[str, Any] = {}
        with ExitStack() as stack:
            verdicts = None
            if self._judge is not None:
                store = stack.enter_context(closing(VerdictStore(folder / _VERDICTS)))
                store.forget_unscored()  # an earlier run's, for its server's sake
                told = partial(self._progress, "observations judged")
                verdicts = RolloutVerdicts(self._judge, store, name=self._name, progress=told)
            mismatches = Mismatches(self._extraction) if self._mismatch else None
            for place, rollout, done in self._read(job, sources, dataset):
                if verdicts is not None:
                    verdicts.add(rollout, done)
                if mismatches is not None:
                    mismatches.add(place, rollout.known.problem, done)
            if verdicts is not None:
                verdicts.settle()
                summary["judge"] = {**(self.judge or {}), **verdicts.described()}
            if mismatches is not None:
                mismatches.settle()
                summary["mismatch"] = mismatches.described()
        return summary

    def _read(
        self, job: ScoringJob, sources: Sequence[Source], dataset: Path | None
    ) -> Iterator[tuple[RowPlace, Rollout, Completion]]:
        """The rollouts as scoring reads them; rows that it rejects are left to it."""
        finder = FieldFinder(job.fields)
        reader = RolloutReader(finder, DatasetIndex(dataset) if dataset is not None else None)
        config = job.config
        rows = 0
        for number, source in enumerate(sources):
            for batch in read_batches(source, partial(_select, finder), max_line=job.max_line):
                for row, place in zip(batch.rows, batch.places, strict=True):
                    try:
                        rollout = reader.read(row)
                    except DataError:
                        continue
                    done = parse_completion(rollout.text, template=config.template, end_strings=config.end_strings)
                    subset = row.get(SUBSET)
                    named = subset[:100] if isinstance(subset, str) and subset else None
                    yield RowPlace(number, place.line, batch.source, named), rollout, done
                rows += len(batch.rows)
                self._progress("rows read", rows)


def describe_judge(judge: Judge, name: str) -> dict[str, Any]:
    """Who judges, as plain data that depends on nothing but the judge."""
    if isinstance(judge, ModelJudge):
        return {"judge": name, "model": judge.client.model, "template": judge.template.identity}
    if name in LEXICAL:
        from p2r_rewards.judges.lexical import VERSION

        return {"judge": name, "model": VERSION, "template": None, "note": LEXICAL_NOTE.format(name)}
    return {"judge": name, "model": None, "template": None}


def _select(finder: FieldFinder, names: Sequence[str]) -> list[str]:
    served = finder.select(names)
    return [name for name in names if name in served or name == SUBSET]


def _read_done(path: Path, asked: Mapping[str, Any]) -> dict[str, Any] | None:
    """The summary of a pass that was complete; None where there was none, or another one."""
    try:
        stored = orjson.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    return stored["summary"] if stored["asked"] == asked else None


def _write_done(path: Path, asked: Mapping[str, Any], summary: Mapping[str, Any]) -> None:
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(dump_json({"asked": asked, "summary": summary})[0])
    temporary.replace(path)
