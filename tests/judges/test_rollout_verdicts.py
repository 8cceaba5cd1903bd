"""Verdicts for scoring: every different item asked once, in batches, from a judge of any kind."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest

from p2r_rewards.errors import DataError
from p2r_rewards.judges import rollout_verdicts
from p2r_rewards.judges.client import Message, Reply
from p2r_rewards.judges.failures import LoadError
from p2r_rewards.judges.ledger import Price
from p2r_rewards.judges.model_judge import ModelJudge
from p2r_rewards.judges.rollout_pass import RolloutPass
from p2r_rewards.judges.verdict import JudgeItem, Verdict
from p2r_rewards.rollouts.verdict_store import VerdictStore
from p2r_rewards.scoring import score_files
from p2r_rewards.scoring.job import ScoringJob
from tests.judges.made_items import QUICK
from tests.judges.stub_judges import WordJudge


def write(path: Path, *observations: str, **more: Any) -> str:
    rows = [
        {
            "problem": "What stands on the table?",
            "problem_type": "free-form",
            "solution": "a cup",
            "completion": f"<observation>{text}</observation><think>So.</think><answer>a cup</answer>",
            **more,
        }
        for text in observations
    ]
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    return str(path)


class CountingJudge(WordJudge):
    """Keeps the sizes of the batches."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[int] = []

    async def __call__(self, items: Sequence[JudgeItem]) -> list[Verdict]:
        self.batches.append(len(items))
        return await super().__call__(items)


def test_different_items_are_asked_once_in_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollout_verdicts, "FIRST", 2)
    monkeypatch.setattr(rollout_verdicts, "AT_ONCE", 5)
    judge = CountingJudge()
    texts = [f"evidence {number % 12}" for number in range(48)]
    told: list[tuple[str, int]] = []
    passing = RolloutPass(judge, name="mine", progress=lambda what, count: told.append((what, count)))
    summary = score_files(ScoringJob(inputs=[write(tmp_path / "in.jsonl", *texts)]), first_pass=passing)
    assert judge.batches == [2, 5, 5]
    assert len({item.observation for item in judge.asked}) == len(judge.asked) == 12
    counts = summary["judge"]
    assert [counts[name] for name in ("items", "distinct", "sufficient", "unscored")] == [48, 12, 48, 0]
    assert told == [
        ("observations judged", 2),
        ("observations judged", 7),
        ("observations judged", 12),
        ("rows read", 48),
    ]
    assert (counts["judge"], counts["model"]) == ("mine", None)


def test_batches_are_bounded_in_characters_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollout_verdicts, "MAX_CHARS", 5_000)
    judge = CountingJudge()
    texts = [f"evidence {number} " + "x" * 1_000 for number in range(12)]
    score_files(ScoringJob(inputs=[write(tmp_path / "in.jsonl", *texts)]), first_pass=RolloutPass(judge, name="mine"))
    assert judge.batches == [5, 5, 2]


def test_where_the_judge_is_silent_rows_are_unscored_with_its_reason(tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", "evidence", "outage", "nothing", "outage")
    summary = score_files(ScoringJob(inputs=[source]), first_pass=RolloutPass(WordJudge(), name="mine"))
    counts = summary["judge"]
    assert [counts[name] for name in ("sufficient", "insufficient", "unscored", "distinct")] == [1, 1, 2, 3]
    assert summary["processes"]["perception"]["accuracy"]["mean"] == 0.5
    reasons = [one["first"]["reason"] for one in summary["unscored"]]
    assert "perception: HTTP 503" in reasons


def test_the_same_words_about_another_problem_are_another_item(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    lines = b"".join(
        Path(write(tmp_path / "one.jsonl", "evidence", solution=gold)).read_bytes() for gold in ("a cup", "a jug")
    )
    source.write_bytes(lines)
    judge = WordJudge()
    score_files(ScoringJob(inputs=[str(source)]), first_pass=RolloutPass(judge, name="mine"))
    assert [item.gold for item in judge.asked] == ["a cup", "a jug"]


def test_a_run_that_is_taken_up_asks_what_has_no_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollout_verdicts, "FIRST", 2)
    monkeypatch.setattr(rollout_verdicts, "AT_ONCE", 2)
    source = write(tmp_path / "in.jsonl", "evidence 1", "outage 2", "evidence 3", "evidence 4", "evidence 5")

    job = ScoringJob(inputs=[source], output=str(tmp_path / "out.jsonl"), resume=True)
    with pytest.raises(KeyboardInterrupt):
        _score_until_interrupted(job, WordJudge())
    judge = WordJudge()
    score_files(job, first_pass=RolloutPass(judge, name="mine"))
    assert [item.observation for item in judge.asked] == ["outage 2", "evidence 3", "evidence 4", "evidence 5"]


def _score_until_interrupted(job: ScoringJob, judge: WordJudge) -> None:
    class Interrupting(rollout_verdicts.RolloutVerdicts):
        def settle(self) -> None:
            if judge.asked:
                raise KeyboardInterrupt
            super().settle()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("p2r_rewards.judges.rollout_pass.RolloutVerdicts", Interrupting)
        score_files(job, first_pass=RolloutPass(judge, name="mine"))


class FixedClient:
    """Says the same to everybody, or fails."""

    model, address = "fixed", "local"

    def __init__(self, said: Reply | Exception) -> None:
        self.said = said

    async def complete(self, messages: Sequence[Message], *, choices: Sequence[str] | None = None) -> Reply:
        if isinstance(self.said, Exception):
            raise self.said
        return self.said


def test_tokens_and_cost_are_told(tmp_path: Path) -> None:
    reply = Reply("<judgement>Yes</judgement>", prompt_tokens=100, completion_tokens=10)
    judge = ModelJudge(FixedClient(reply), limits=QUICK, price=Price(1.0, 10.0))
    source = write(tmp_path / "in.jsonl", *(f"A cup stands beside {number} jugs of milk." for number in range(5)))
    summary = score_files(ScoringJob(inputs=[source]), first_pass=RolloutPass(judge, name="mine"))
    counts = summary["judge"]
    assert [counts[name] for name in ("requests", "prompt_tokens", "completion_tokens")] == [5, 500, 50]
    assert counts["cost"] == pytest.approx(0.001)
    assert counts["template"] == judge.template.identity


def test_a_judge_that_never_answers_ends_the_run_after_the_first_batch(tmp_path: Path) -> None:
    client = FixedClient(LoadError("no such folder"))
    judge = ModelJudge(client, limits=QUICK)
    texts = [f"A cup stands beside {number} jugs of milk." for number in range(500)]
    source = write(tmp_path / "in.jsonl", *texts)
    with pytest.raises(DataError, match=r"mine has not answered once, so nothing was scored: .*no such folder"):
        score_files(ScoringJob(inputs=[source]), first_pass=RolloutPass(judge, name="mine"))
    assert judge.ledger.items == rollout_verdicts.FIRST


def test_replies_that_can_not_be_read_are_no_outage(tmp_path: Path) -> None:
    judge = ModelJudge(FixedClient(Reply("I would rather not say.")), limits=QUICK)
    source = write(tmp_path / "in.jsonl", "A cup stands beside a jug of milk.")
    summary = score_files(ScoringJob(inputs=[source]), first_pass=RolloutPass(judge, name="mine"))
    assert summary["judge"]["unscored"] == 1


def test_the_store_forgets_what_is_unscored_only(tmp_path: Path) -> None:
    store = VerdictStore(tmp_path / "verdicts")
    store.add([(b"a", True, "seen"), (b"b", None, "HTTP 503"), (b"c", False, "not seen \ud800")])
    assert len(store) == 3
    store.forget_unscored()
    assert [store.find(key)[0] for key in (b"a", b"b", b"c")] == [True, None, False]
    assert len(store) == 2
    store.close()
