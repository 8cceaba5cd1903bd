"""`p2r-score --judge` and `--extract` as users run them."""

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from p2r_rewards.commands.score import main
from p2r_rewards.judges.items import judge_item
from p2r_rewards.judges.lexical import judge_lexically
from p2r_rewards.judges.opening import open_client
from p2r_rewards.judges.recording import RecordingClient
from p2r_rewards.judges.sufficiency import CHOICES, build_messages
from p2r_rewards.parsing import parse_completion
from p2r_rewards.problem import Problem
from p2r_rewards.templates.loader import load_template
from tests.judges.fake_server import NO, YES, Act, FakeServer, Seen

EXAMPLES = Path(__file__).parents[2] / "examples" / "rollouts.jsonl"
ROW: dict[str, Any] = {
    "problem": "How many cups are on the table?",
    "problem_type": "numerical",
    "solution": "2",
    "completion": "<observation>Two cups stand on the table beside a jug of milk.</observation>"
    "<think>Two.</think><answer>2</answer>",
}
CHOICE = {
    "problem": "Which animal barks?",
    "problem_type": "multiple choice",
    "options": ["A. a cat", "B. a dog", "C. a fish"],
    "solution": "B",
}
DRINKS = ("milk", "water", "wine", "tea", "cola", "broth", "juice", "beer")


def run(*arguments: object, stdin: str | None = None) -> Result:
    return CliRunner().invoke(main, list(map(str, arguments)), input=stdin)


def summary_of(*arguments: object, stdin: str | None = None) -> dict[str, Any]:
    shown = run(*arguments, "--json", stdin=stdin)
    assert shown.exit_code == 0, shown.output
    return json.loads(shown.stdout)  # type: ignore[no-any-return]


def write(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def words(shown: Result) -> str:
    """The output with lines joined, since tables wrap."""
    return " ".join(shown.output.split())


def drink(name: str, **more: Any) -> dict[str, Any]:
    return {**ROW, "completion": ROW["completion"].replace("milk", name), **more}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("P2R_JUDGE_CACHE", str(tmp_path / "cache.sqlite"))
    return tmp_path / "cache.sqlite"


class TestLexical:
    def test_every_row_gets_the_verdict_of_the_judge(self, tmp_path: Path) -> None:
        out = tmp_path / "out.jsonl"
        summary = summary_of(EXAMPLES, "--judge", "-o", out)
        judged = 0
        for row in read(out):
            done = parse_completion(row["completion"])
            if done.observation is None or not done.observation.text.strip():
                assert row["perception_accuracy"] == 0  # whatever anybody says
                continue
            problem = Problem(
                row["problem"], gold=row["solution"], type=row["problem_type"], options=row.get("options") or ()
            )
            verdict = judge_lexically(judge_item(problem, done.observation.text))
            assert row["perception_accuracy"] == verdict.sufficient
            judged += 1
        judge = summary["judge"]
        assert judge["items"] == judged == judge["sufficient"] + judge["insufficient"]
        assert 0 < judge["sufficient"] < judged
        assert judge["distinct"] < judged
        assert judge["requests"] == 0

    def test_whatever_shows_its_verdicts_says_that_no_model_gave_them(self, tmp_path: Path) -> None:
        shown = run(write(tmp_path / "in.jsonl", ROW), "-o", tmp_path / "out.jsonl", "--judge")
        assert "Perception judged by lexical: 1 observation (1 different): 1 sufficient, 0 insufficient" in words(shown)
        assert "no model read the observations" in words(shown)
        stamp = json.loads((tmp_path / "out.jsonl.provenance.json").read_text())
        assert (stamp["judge"]["judge"], stamp["judge"]["model"]) == ("lexical", "lexical-3")
        assert "no model read the observations" in stamp["judge"]["note"]
        assert summary_of(tmp_path / "in.jsonl", "--judge=lexical")["judge"]["note"] == stamp["judge"]["note"]

    def test_nothing_uses_it_unasked(self, tmp_path: Path) -> None:
        summary = summary_of(write(tmp_path / "in.jsonl", ROW))
        assert summary["judge"] is None
        assert summary["processes"]["perception"]["accuracy"]["scored"] == 0
        assert any("--judge" in note for note in summary["notes"])

    def test_the_judge_counts_in_place_of_a_column(self, tmp_path: Path) -> None:
        out = tmp_path / "out.jsonl"
        summary = summary_of(write(tmp_path / "in.jsonl", {**ROW, "sufficient": False}), "--judge", "-o", out)
        assert "column 'sufficient' holds verdicts too: the judge's count in its place" in summary["notes"]
        assert "sufficient" not in summary["fields"]
        (row,) = read(out)
        assert row["perception_accuracy"] == 1
        assert row["sufficient"] is False

    def test_rows_with_data_at_fault_are_unscored_and_not_asked(self, tmp_path: Path) -> None:
        out = tmp_path / "out.jsonl"
        rows = [{**ROW, "solution": None}, ROW, {**ROW, "problem": None}, {"nothing": 1}]
        summary = summary_of(write(tmp_path / "in.jsonl", *rows), "--judge", "-o", out)
        first, _, third = read(out)
        assert "perception: the judge was not asked: gold is missing" in first["unscored"]
        assert "perception: question is missing" in third["unscored"]
        assert summary["judge"]["items"] == 2
        assert summary["rejects"] == 1

    def test_standard_input_is_read_once_for_judging_and_scoring(self, tmp_path: Path) -> None:
        source = write(tmp_path / "in.jsonl", *(drink(name) for name in DRINKS))
        piped = summary_of("-", "--judge", stdin=source.read_text())
        filed = summary_of(source, "--judge")
        assert piped["judge"] == filed["judge"]
        assert piped["processes"] == filed["processes"]

    @pytest.mark.parametrize("workers", [1, 2])
    @pytest.mark.parametrize("suffix", ["jsonl", "json", "parquet"])
    def test_forms_of_the_input_and_workers_make_no_difference(self, tmp_path: Path, suffix: str, workers: int) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        source = tmp_path / f"in.{suffix}"
        rows = [drink(name, solution=gold) for name in DRINKS for gold in ("2", "3")]
        if suffix == "parquet":
            pq.write_table(pa.Table.from_pylist(rows), source)
        else:
            source.write_text(json.dumps(rows) if suffix == "json" else "".join(json.dumps(row) + "\n" for row in rows))
        summary = summary_of(source, "--judge", "--workers", workers)
        assert (summary["judge"]["sufficient"], summary["judge"]["insufficient"]) == (8, 8)
        assert summary["processes"]["perception"]["accuracy"]["scored"] == 16
        assert summary["processes"]["perception"]["accuracy"]["mean"] == 0.5

    def test_what_a_data_set_knows_is_judged(self, tmp_path: Path) -> None:
        dump = [{"prompt": ROW["problem"], "completion": row["completion"]} for row in map(drink, DRINKS)]
        known = write(tmp_path / "set.jsonl", {name: ROW[name] for name in ("problem", "problem_type", "solution")})
        summary = summary_of(write(tmp_path / "in.jsonl", *dump), "--judge", "--dataset", known)
        assert summary["judge"]["sufficient"] == 8
        assert summary["processes"]["perception"]["accuracy"]["mean"] == 1

    def test_a_later_run_of_the_same_name_has_verdicts_of_its_own(self, tmp_path: Path) -> None:
        source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
        run(write(source, ROW), "--judge", "-o", out)
        assert run(write(source, drink("tea")), "--judge", "-o", out).exit_code == 0
        assert read(out)[0]["perception_accuracy"] == 1

    def test_templates_without_observation_have_nothing_to_judge(self, tmp_path: Path) -> None:
        (tmp_path / "c.yaml").write_text("template: {observation: null}\n")
        shown = run(write(tmp_path / "in.jsonl", ROW), "--judge", "--config", tmp_path / "c.yaml")
        assert shown.exit_code == 2
        assert "has no observation" in shown.output


class TestModel:
    @staticmethod
    def script(request: Seen, number: int) -> Act:
        return Act(NO if "tea" in request.prompt else YES)

    def test_identical_items_are_asked_once_and_a_second_run_costs_nothing(self, tmp_path: Path) -> None:
        rows = [drink(name) for name in DRINKS for _ in range(4)]
        source, out = write(tmp_path / "in.jsonl", *rows), tmp_path / "out.jsonl"
        with FakeServer(self.script) as server:
            spec = f"openai:tiny@{server.openai}"
            first = summary_of(source, "--judge", spec, "-o", out)
            assert len(server.seen) == 8
            counts = {name: first["judge"][name] for name in ("items", "distinct", "sufficient", "insufficient")}
            assert counts == {"items": 32, "distinct": 8, "sufficient": 28, "insufficient": 4}
            assert first["judge"]["requests"] == 8
            assert first["judge"]["model"] == "tiny"
            assert first["judge"]["template"].startswith("observation-sufficiency@")
            before = out.read_bytes(), (tmp_path / "out.jsonl.provenance.json").read_bytes()
            second = summary_of(source, "--judge", spec, "-o", out)
            assert len(server.seen) == 8
            assert second["judge"]["cached"] == 8
            assert (out.read_bytes(), (tmp_path / "out.jsonl.provenance.json").read_bytes()) == before
            run(source, "--judge", spec, "--no-judge-cache")
            assert len(server.seen) == 16
            summary_of(source, "--judge", spec, "--judge-cache", tmp_path / "other.sqlite", "--judge-concurrency", "1")
            assert len(server.seen) == 24
        assert not any("lexical" in note for note in first["notes"])

    def test_items_without_a_verdict_are_unscored_with_the_reason(self, tmp_path: Path) -> None:
        source, out = write(tmp_path / "in.jsonl", *map(drink, DRINKS)), tmp_path / "out.jsonl"
        with FakeServer(lambda request, _: Act(status=400) if "tea" in request.prompt else Act()) as server:
            summary = summary_of(source, "--judge", f"openai:tiny@{server.openai}", "-o", out)
        assert (summary["judge"]["sufficient"], summary["judge"]["unscored"]) == (7, 1)
        unscored = [row for row in read(out) if row["perception_accuracy"] is None]
        assert len(unscored) == 1
        assert "perception: no answer from the model: HTTP 400" in unscored[0]["unscored"]

    @pytest.mark.parametrize("options", [["--judge"], ["--extract"]])
    def test_a_model_that_can_not_be_reached_is_one_message(self, tmp_path: Path, options: list[str]) -> None:
        vague = "<observation>It runs.</observation><think>It has legs and</think> <answer>B</answer>"
        source = write(tmp_path / "in.jsonl", *map(drink, DRINKS), {**CHOICE, "completion": vague})
        with FakeServer(lambda *_: Act(status=401)) as server:
            spec = f"openai:tiny@{server.openai}"
            shown = run(source, *options, spec, "-o", tmp_path / "out.jsonl", "--no-judge-cache")
        assert shown.exit_code == 1
        (line,) = shown.output.splitlines()
        assert line.startswith(f"p2r-score: {spec} has not answered once, so nothing was scored: ")
        assert "HTTP 401" in line
        assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl"]

    def test_the_template_is_a_file_of_ones_own(self, tmp_path: Path) -> None:
        text = "---\nname: mine\nversion: 3\nfields: gold, fence, observation\n---\nGold {gold} {fence} {observation}"
        (tmp_path / "mine.txt").write_text(text)
        with FakeServer() as server:
            spec = f"openai:tiny@{server.openai}"
            source = write(tmp_path / "in.jsonl", ROW)
            summary = summary_of(source, "--judge", spec, "--judge-template", tmp_path / "mine.txt")
            assert server.seen[0].prompt.startswith("Gold 2")
        assert summary["judge"]["template"].startswith("mine@3#")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--judge", "IN"], "is an input, not a judge; write --judge=lexical"),
        (["--extract", "IN"], "is an input, not a judge; write --extract=rules"),
        (["--judge", "-"], "write --judge=lexical -"),
        (["IN", "--judge", "--sufficient", "x"], "both give verdicts; choose one"),
        (["IN", "--judge", "--map", "sufficient=x"], "both give verdicts; choose one"),
        (["IN", "--judge", "nobody"], "this names no judge"),
        (["IN", "--judge=openai:m@http://user:secret@host/v1"], "credentials"),
        (["IN", "--extract", "lexical"], "takes a model, or nothing for rules alone"),
        (["IN", "--judge", "--judge-template", "x"], "--judge-template is a model's prompt"),
        (["IN", "--judge-cache", "x"], "--judge-cache is for models"),
        (["IN", "--judge", "--judge-concurrency", "2"], "--judge-concurrency is for models"),
        (["IN", "--judge", "openai:m@http://localhost:1/v1", "--judge-cache", "x", "--no-judge-cache"], "contradict"),
    ],
)
def test_wrong_usage(tmp_path: Path, arguments: list[str], message: str) -> None:
    source = str(write(tmp_path / "in.jsonl", ROW))
    shown = run(*(source if one == "IN" else one for one in arguments))
    assert shown.exit_code == 2
    assert message in words(shown)
    assert "secret" not in shown.output


KILLED = """
import os, sys
from p2r_rewards.judges import rollout_verdicts
from p2r_rewards.rollouts import chunks
from p2r_rewards.scoring import files, gathering

rollout_verdicts.FIRST = rollout_verdicts.AT_ONCE = 2
chunks.CHUNK_BYTES = 600
where, left = sys.argv.pop(), [int(sys.argv.pop())]

def killing(owner, name):
    method = getattr(owner, name)
    def count(*arguments):
        left[0] -= 1
        return method(*arguments) if left[0] else os.kill(os.getpid(), 9)
    setattr(owner, name, count)

killing(rollout_verdicts.VerdictStore, "add") if where == "judging" else killing(gathering.Gathered, "add")
from p2r_rewards.commands.score import main
main()
"""


def record(path: Path) -> str:
    """A recording of a judge that finds every other drink sufficient."""
    with FakeServer(lambda request, _: Act(YES if any(one in request.prompt for one in DRINKS[::2]) else NO)) as server:
        client = RecordingClient(open_client(f"openai:tiny@{server.openai}"), path)
        template = load_template("observation-sufficiency")
        problem = Problem(ROW["problem"], gold="2", type="numerical")

        async def ask() -> None:
            for row in map(drink, DRINKS):
                observation = parse_completion(row["completion"]).observation
                assert observation is not None
                messages = build_messages(judge_item(problem, observation.text), template)
                await client.complete(messages, choices=CHOICES)
            await client.aclose()

        asyncio.run(ask())
    return f"replay:{path}"


@pytest.mark.parametrize(("judge", "suffix"), [("lexical", "parquet"), ("replay", "jsonl")])
def test_killed_and_resumed_gives_the_same_bytes(tmp_path: Path, judge: str, suffix: str) -> None:
    spec = judge if judge == "lexical" else record(tmp_path / "recording.jsonl")
    write(tmp_path / "in.jsonl", *(drink(name) for name in (*DRINKS, *DRINKS)))
    command = [sys.executable, "-c", KILLED, str(tmp_path / "in.jsonl"), f"--judge={spec}", "--extract", "--quiet"]
    command += ["--no-judge-cache", "-o", f"o.{suffix}", "--workers", "1", "--resume"]
    for name in ("killed", "whole"):
        (tmp_path / name).mkdir()
    ends = (("2", "judging"), ("2", "scoring"), ("-1", "scoring"))
    for after, where in ends:
        done = subprocess.run([*command, after, where], cwd=tmp_path / "killed", capture_output=True, text=True)
        assert done.returncode == (0 if after == "-1" else -signal.SIGKILL), done.stderr
    subprocess.run([*command, "-1", "judging"], cwd=tmp_path / "whole", check=True)

    def written(name: str) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}

    assert written("killed") == written("whole")
    assert sorted(written("whole")) == [f"o.{suffix}", *(["o.jsonl.provenance.json"] if suffix == "jsonl" else [])]


def test_another_judge_is_another_run(tmp_path: Path) -> None:
    write(tmp_path / "in.jsonl", *map(drink, DRINKS))
    command = [sys.executable, "-c", KILLED, "in.jsonl", "-o", "o.jsonl", "--workers", "1", "--resume", "--quiet"]
    subprocess.run([*command, "--judge", "2", "scoring"], cwd=tmp_path, check=False)
    assert list(tmp_path.glob(".o.jsonl*"))
    subprocess.run([*command, f"--judge={record(tmp_path / 'r.jsonl')}", "-1", "scoring"], cwd=tmp_path, check=True)
    assert [row["perception_accuracy"] for row in read(tmp_path / "o.jsonl")] == [1, 0] * 4


class TestMismatch:
    @staticmethod
    def rows() -> list[dict[str, Any]]:
        return [
            {
                **CHOICE,
                "completion": f"<observation>It barks.</observation><think>{think}</think><answer>{answer}</answer>",
            }
            for think, answer in [
                ("So the answer is B.", "B"),
                ("So the answer is C.", "B"),
                ("It has legs and", "B"),  # open
                ("So the answer is B.", "who knows"),
            ]
        ]

    def test_by_rules(self, tmp_path: Path) -> None:
        rows = [{**row, "data_source": f"set{number % 2}"} for number, row in enumerate(self.rows())]
        source = write(tmp_path / "in.jsonl", *rows, ROW)
        shown = run(source, "--extract")
        assert shown.exit_code == 0, shown.output
        assert "multiple choice 4 2 1 50.0% 2" in words(shown)
        assert "set1 2 1 1 100.0% 1" in words(shown)
        found = summary_of(source, "--extract")["mismatch"]
        assert [found[name] for name in ("rows", "decided", "mismatches", "rate", "undecided")] == [4, 2, 1, 0.5, 2]
        assert found["extraction"] == "rules"
        assert [one["subset"] for one in found["subsets"]] == ["set0", "set1"]
        (first,) = found["first"]
        assert first == {"file": str(source), "line": 2, "think": "C", "answer": "B", "how": first["how"]}

    def test_a_model_reads_what_the_rules_leave_open(self, tmp_path: Path) -> None:
        source = write(tmp_path / "in.jsonl", *self.rows())
        with FakeServer(lambda *_: Act("<extraction>A</extraction>")) as server:
            spec = f"openai:tiny@{server.openai}"
            found = summary_of(source, "--extract", spec)["mismatch"]
            assert len(server.seen) == 1
            again = summary_of(source, "--extract", spec)["mismatch"]
            assert len(server.seen) == 1  # cached
        assert again == found
        assert found["extraction"] == f"rules, then {spec}"
        assert (found["decided"], found["mismatches"]) == (3, 2)
        assert [(one["line"], one["think"]) for one in found["first"]] == [(2, "C"), (3, "A")]

    def test_nothing_to_measure(self, tmp_path: Path) -> None:
        shown = run(write(tmp_path / "in.jsonl", ROW), "--extract")
        assert "no row has a choice question" in words(shown)
        assert summary_of(tmp_path / "in.jsonl")["mismatch"] is None
