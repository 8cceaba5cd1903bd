"""`score_answers`: from answers on disk to verdicts and scores on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Literal

from p2r_rewards import __version__
from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.experiments.benchmarks.locate import load_benchmark
from p2r_rewards.experiments.benchmarks.question import Question
from p2r_rewards.experiments.evaluation.answer_files import AnswerRow, read_answers
from p2r_rewards.experiments.evaluation.open_answers import AnswerJudges, judge_answers
from p2r_rewards.experiments.evaluation.rules import RULES
from p2r_rewards.experiments.evaluation.scores import score_verdicts, scores_record
from p2r_rewards.experiments.evaluation.verdicts import Unanswered, Verdict, join_answers, judge_answer
from p2r_rewards.rollouts.json_text import dump_json, make_plain
from p2r_rewards.rollouts.output_file import OutputFile

SCORES = "scores.json"
SCHEMA = 1
"""The version of the form of `scores.json`."""

VerdictFormat = Literal["jsonl", "parquet"]


def score_answers(
    answers: Sequence[str],
    data: str | None,
    output: Path,
    *,
    benchmark: str | None = None,
    variant: str | None = None,
    unanswered: Unanswered = "leave-out",
    model: str | None = None,
    judges: AnswerJudges | None = None,
    verdicts: VerdictFormat = "jsonl",
    progress: Callable[[str, int], None] = lambda what, count: None,
) -> dict[str, Any]:
    """Scores answers, and writes `scores.json` and `verdicts.jsonl` (or `.parquet`) into a folder.

    Args:
        answers: Files of answers to one benchmark, by one model.
        data: The benchmark's folder; None for results of Video-R1's evaluation, which hold their questions.
        output: The folder to write into.
        benchmark: The benchmark that the folder must hold.
        variant: The selection of its questions.
        unanswered: What becomes of questions without an answer.
        model: Who answered, where the files don't say.
        judges: Read open answers and captions (`open_answer_judges`), where the benchmark's own score asks a judge.
        verdicts: The format of the verdicts.
        progress: Called with what is counted and how many.

    Returns:
        What `scores.json` holds.

    Raises:
        ConfigError: There is no such benchmark or variant, or answers would be written over.
        DataError: Files can't be read or written, or don't fit together.
    """
    _spare_answers(answers, [output / SCORES, output / f"verdicts.{verdicts}"])
    rows = list(read_answers(list(answers)))
    if not rows:
        message = f"{', '.join(answers)}: holds no answers"
        raise DataError(message)
    told = _one_model(rows, model)
    questions, layout, chosen = _find_questions(rows, data, benchmark, variant)
    judged: list[Verdict] = []
    for question, answer in join_answers(questions, rows):
        judged.append(judge_answer(question, answer, unanswered))
        progress("questions scored", len(judged))
    if judges is not None:
        judged = judge_answers(judged, judges)
    record = {
        "schema": SCHEMA,
        "version": __version__,
        "benchmark": questions[0].benchmark,
        "model": told,
        "prompt": _shared([row.answer.prompt for row in rows]),
        "data": data,
        "layout": layout,
        "variant": chosen,
        "unanswered": unanswered,
        "judge": judges.name if judges is not None else None,
        "answers": [{"file": name, "sha256": _digest(Path(name))} for name in answers if Path(name).is_file()],
        **scores_record(score_verdicts(questions[0].benchmark, judged)),
    }
    _write(output, record, judged, verdicts)
    return record


def _spare_answers(answers: Sequence[str], outputs: Sequence[Path]) -> None:
    places = [output.resolve() for output in outputs]
    for name in answers:
        if Path(name).resolve() in places:
            message = f"{name}: holds the answers, and would be written over; name another folder, or that file anew"
            raise ConfigError(message)


def _find_questions(
    rows: Sequence[AnswerRow], data: str | None, benchmark: str | None, variant: str | None
) -> tuple[tuple[Question, ...], str, str]:
    """The questions that the rows answer, the layout and the variant."""
    own = [row.question for row in rows if row.question is not None]
    if data is None:
        if len(own) < len(rows):
            message = f"{rows[0].place}: the rows don't hold their questions; give the benchmark's folder with --data"
            raise DataError(message)
        return tuple(own), "results of Video-R1's evaluation", "full"
    loaded = load_benchmark(data, benchmark, variant)
    questions = loaded.questions
    # A variant whose questions have a subset of their own is scored beside the others, as VideoMMMU's question-only.
    subsets = {row.answer.key.partition("/")[0] for row in rows}
    for other in loaded.benchmark.variants:
        if variant is None and other != loaded.variant and other in subsets:
            more = load_benchmark(data, benchmark, other).questions
            asked_alone = not any(row.answer.key.partition("/")[0] != other for row in rows)
            questions = more if asked_alone else (*questions, *more)
    return questions, loaded.layout.name, loaded.variant


def _one_model(rows: Sequence[AnswerRow], model: str | None) -> str | None:
    """Who answered.

    Raises:
        DataError: Several did.
    """
    models = sorted({row.answer.model for row in rows if row.answer.model})
    if len(models) > 1:
        message = f"{rows[0].place}: answers of several models ({', '.join(models)[:200]}); score each by itself"
        raise DataError(message)
    return model or (models[0] if models else None)


def _shared(values: Sequence[str | None]) -> str | None:
    found = set(values)
    return found.pop() if len(found) == 1 else "mixed"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(folder: Path, record: dict[str, Any], judged: Sequence[Verdict], verdicts: VerdictFormat) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"{folder}: can't be made: {error.strerror or error}"
        raise DataError(message) from error
    with ExitStack() as stack:
        rows = OutputFile(folder / f"verdicts.{verdicts}", stack)
        summary = OutputFile(folder / SCORES, stack)
        if verdicts == "jsonl":
            for row in map(verdict_row, judged):
                rows.stream.write(dump_json(row)[0] + b"\n")
        else:
            import pyarrow as pa
            import pyarrow.parquet as pq

            pq.write_table(pa.Table.from_pylist(list(map(verdict_row, judged)), schema=_schema()), rows.stream)
        summary.stream.write(dump_json(record)[0] + b"\n")
        rows.commit()
        summary.commit()


def verdict_row(verdict: Verdict) -> dict[str, Any]:
    """A verdict as a row: the question, what was read, and each rule's mark with its reason."""
    question, gold = verdict.question, verdict.question.problem.gold
    row: dict[str, Any] = {
        "benchmark": question.benchmark,
        "key": question.key,
        "question": question.problem.question,
        "gold": " or ".join(map(str, gold)) if isinstance(gold, tuple) else None if gold is None else str(gold),
        "problem_type": str(question.problem.type),
        "breakdown": dump_json(dict(question.breakdown))[0].decode(),
        "state": verdict.state,
        "output": verdict.answer.output if verdict.answer else None,
        "answer": verdict.read,
    }
    for rule in RULES:
        mark = verdict.marks[rule]
        row |= {rule: mark.value, f"{rule}_how": mark.how, f"{rule}_parsed": mark.parsed}
    plain: dict[str, Any] = make_plain(row)[0]
    return plain


def _schema() -> Any:
    import pyarrow as pa

    texts = ("benchmark", "key", "question", "gold", "problem_type", "breakdown", "state", "output", "answer")
    return pa.schema([(name, pa.string()) for name in texts] + list(_rule_fields(pa)))


def _rule_fields(pa: Any) -> Iterator[tuple[str, Any]]:
    for rule in RULES:
        yield from ((rule, pa.float64()), (f"{rule}_how", pa.string()), (f"{rule}_parsed", pa.bool_()))
