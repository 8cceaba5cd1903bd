"""`p2r-eval run` as users run it: a real model behind a real server, a kill, and what goes wrong."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from p2r_rewards.commands.evaluate import main
from p2r_rewards.commands.score import main as score
from p2r_rewards.experiments.benchmarks.locate import load_benchmark
from tests.experiments.answering.vision_server import LoggingProxy, served_model
from tests.experiments.benchmarks.made_layouts import MAKERS, make_mmvu, make_tempcompass, make_vsi_bench
from tests.judges.fake_server import Act, FakeServer

SMALL = ["--frames", "2", "--max-pixels", "784", "--max-tokens", "4", "--prompt", "direct"]
SAID = "<observation>A dog.</observation> <think>So the answer is B.</think><answer>B</answer>"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["run", *map(str, arguments)])


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The name of a model and the address of its server."""
    pytest.importorskip("transformers")
    folder = tmp_path_factory.mktemp("model")
    with served_model(folder) as address:
        yield str(folder), address


@pytest.mark.parametrize("benchmark", MAKERS)
def test_layouts_are_asked_and_scored(benchmark: str, model: tuple[str, str], tmp_path: Path) -> None:
    name, address = model
    data = MAKERS[benchmark](tmp_path / "data")
    with LoggingProxy(address) as proxy:
        spec = f"openai:{name}@{proxy.openai}"
        shown = run(data, "--model", spec, "-o", tmp_path / "run", *SMALL, "--sample", 2, "--json")
        assert shown.exit_code == 0, shown.output
        assert len(proxy.log) == 2
    summary = json.loads(shown.output)
    assert (summary["questions"], summary["answered"], summary["unanswered"]) == (2, 2, 0)
    written = rows(tmp_path / "run" / "answers.jsonl")
    assert all(row["output"] and row["finish_reason"] and row["completion_tokens"] <= 4 for row in written)
    sent = proxy.log[0]
    assert (sent["temperature"], sent["top_p"], sent["max_tokens"]) == (0.01, 0.001, 4)
    pictures = [part for one in proxy.log for part in one["messages"][-1]["content"] if part["type"] == "image_url"]
    assert len(pictures) == sum(2 if row["data_type"] == "video" else 1 for row in written)
    scores = json.loads((tmp_path / "run" / "scores.json").read_text())
    assert (scores["answered"], scores["missing"]) == (2, summary["of"] - 2)
    assert {one["rule"] for one in summary["scores"]} == {"official", "paper", "default"}


def test_an_examination_by_a_real_model(model: tuple[str, str], tmp_path: Path) -> None:
    name, address = model
    data = make_vsi_bench(tmp_path / "data")
    lines = [{"benchmark": one.benchmark, "key": one.key, "output": SAID} for one in load_benchmark(data).questions]
    (tmp_path / "answers.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    with LoggingProxy(address) as proxy:
        options = [
            "--model",
            f"openai:{name}@{proxy.openai}",
            "--own",
            tmp_path / "answers.jsonl",
            "--limit",
            1,
            *SMALL[:6],
        ]
        shown = CliRunner().invoke(main, ["examine", *map(str, [data, *options, "-o", tmp_path / "out"])])
        assert shown.exit_code == 0, shown.output
        assert len(proxy.log) == 3
    assert "| video + text + own observation | " in shown.output
    assert "11 of 12 questions unanswered, left out" in shown.output


def test_a_killed_run_goes_on_and_ends_with_the_same_bytes(model: tuple[str, str], tmp_path: Path) -> None:
    name, address = model
    data = make_vsi_bench(tmp_path / "data")

    def arguments(folder: str) -> list[str]:
        options = ["--model", f"openai:{name}@{proxy.openai}", "-o", str(tmp_path / folder), *SMALL]
        return [str(data), *options, "--limit", "6", "--concurrency", "1", "--quiet"]

    with LoggingProxy(address) as proxy:
        proxy.hold_from = 4
        code = "from p2r_rewards.commands.evaluate import main; main()"
        process = subprocess.Popen([sys.executable, "-c", code, "run", *arguments("killed")])
        assert proxy.held.wait(120)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert len(proxy.log) == 4
        assert not (tmp_path / "killed" / "answers.jsonl").exists()
        proxy.hold_from = None
        assert run(*arguments("killed")).exit_code == 0
        # Three had their answer: of the six only the one that was held is asked for again.
        assert len(proxy.log) == 7
        texts = [json.dumps(one["messages"]) for one in proxy.log]
        assert texts[4:].count(texts[3]) == 1
        assert len(set(texts)) == 6
        assert run(*arguments("undisturbed")).exit_code == 0
    for file in ("answers.jsonl", "answers.jsonl.provenance.json", "run.json"):
        assert (tmp_path / "killed" / file).read_bytes() == (tmp_path / "undisturbed" / file).read_bytes(), file


def test_a_dry_run_asks_nothing_and_shows_the_first_prompt(tmp_path: Path) -> None:
    data = make_vsi_bench(tmp_path / "data")
    (data / "scannet" / "scene0001.mp4").unlink()
    with FakeServer() as server:
        shown = run(data, "--model", f"openai:m@{server.openai}", "--dry-run")
        assert not server.seen
    assert shown.exit_code == 0, shown.output
    told = " ".join(shown.output.split())
    assert "12 of 12 questions would be asked, by the prompt process-aware-cot@1" in told
    assert "1 of 12 media of VSI-Bench are missing or broken" in told
    assert "Question 1? The answer is a number." in told
    assert list(tmp_path.iterdir()) == [data]


def test_missing_videos_and_subsets_are_told(tmp_path: Path) -> None:
    data = make_vsi_bench(tmp_path / "data")
    (data / "scannet" / "scene0001.mp4").unlink()
    with FakeServer(lambda seen, number: Act(SAID)) as server:
        spec = ["--model", f"openai:m@{server.openai}", "--frames", "2", "--max-pixels", "784"]
        shown = run(data, *spec, "-o", tmp_path / "run", "--task", "object_counting")
        assert shown.exit_code == 0, shown.output
        assert len(server.seen) == 1
        told = " ".join(shown.output.split())
        assert "1 of 2 questions answered by m · 1 unanswered · of 12" in told
        assert "media: missing" in told
        strict = run(data, *spec, "-o", tmp_path / "run", "--task", "object_counting", "--strict", "--quiet")
        assert (strict.exit_code, len(server.seen)) == (1, 1)
        assert "--strict: 1 unanswered" in strict.output
        unknown = run(data, *spec, "-o", tmp_path / "run", "--task", "counting")
        assert unknown.exit_code == 2
        assert "no question is of 'counting'; there are" in unknown.output


def test_shards_make_the_whole(tmp_path: Path) -> None:
    data = make_tempcompass(tmp_path / "data")
    with FakeServer(lambda seen, number: Act(SAID)) as server:
        spec = ["--model", f"openai:m@{server.openai}", "--frames", "2", "--max-pixels", "784", "-o", tmp_path / "run"]
        for shard in ("1/2", "2/2"):
            assert run(data, *spec, "--shard", shard, "--quiet").exit_code == 0
        asked = len(server.seen)
        shown = run(data, *spec, "--json")
        assert len(server.seen) == asked
    summary = json.loads(shown.output)
    assert (summary["known"], summary["requests"]) == (summary["questions"], 0)
    shards = [rows(tmp_path / "run" / f"answers-{number}-of-2.jsonl") for number in (1, 2)]
    whole = rows(tmp_path / "run" / "answers.jsonl")
    assert sorted(row["key"] for row in whole) == sorted(row["key"] for shard in shards for row in shard)


def test_answers_are_read_by_the_other_commands(tmp_path: Path) -> None:
    data = make_mmvu(tmp_path / "data")
    with FakeServer(lambda seen, number: Act(SAID)) as server:
        spec = ["--model", f"openai:m@{server.openai}", "--frames", "2", "--max-pixels", "784", "--format", "parquet"]
        assert run(data, *spec, "-o", tmp_path / "run", "--quiet").exit_code == 0
    answers = tmp_path / "run" / "answers.parquet"
    scored = CliRunner().invoke(score, [str(answers), "--judge=lexical", "--json"])
    assert scored.exit_code == 0, scored.output
    summary = json.loads(scored.output)
    assert (summary["rows"], summary["rejects"]) == (len(load_benchmark(data).questions), 0)
    assert summary["judge"]["items"] == summary["rows"]


def test_a_server_that_is_not_there_ends_with_one_line(tmp_path: Path) -> None:
    data = make_vsi_bench(tmp_path / "data")
    with FakeServer(lambda seen, number: Act(status=404)) as server:
        shown = run(
            data, "--model", f"openai:m@{server.openai}", "-o", tmp_path / "run", *SMALL, "--limit", 1, "--quiet"
        )
    assert shown.exit_code == 1
    assert shown.output == "p2r-eval run: no question was answered\n"
    (row,) = rows(tmp_path / "run" / "answers.jsonl")
    assert row["error"].startswith("no answer from the model: HTTP 404")


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--model", "openai:m@http://h/v1"], 2, "give the benchmark's folder once"),
        (["DATA", "--data", "DATA", "--model", "openai:m@http://h/v1"], 2, "give the benchmark's folder once"),
        (["DATA", "--model", "openai:m@http://h/v1"], 2, "-o RUN"),
        (["DATA", "--model", "m", "-o", "RUN"], 2, "this names no model"),
        (["DATA", "--model", "openai:m@http://u:hunter2@h/v1", "-o", "RUN"], 2, "p2r-eval run: "),
        (["DATA", "--model", "openai:m@http://h/v1", "-o", "RUN", "--temperature", "7"], 2, "temperature must be"),
        (["DATA", "--model", "openai:m@http://h/v1", "-o", "RUN", "--frames", "0"], 2, "frames must be"),
        (["DATA", "--model", "openai:m@http://h/v1", "-o", "RUN", "--shard", "3/2"], 2, "write I/N"),
        (["DATA", "--model", "openai:m@http://h/v1", "-o", "RUN", "--benchmark", "mmvu"], 1, "does not hold MMVU"),
        (["DATA", "--model", "openai:m@http://h/v1", "-o", "RUN", "--template", "gone.md"], 2, "gone.md"),
        (["RUN", "--model", "openai:m@http://h/v1", "-o", "RUN"], 1, "is no folder"),
    ],
)
def test_wrong_usage_is_one_line(arguments: list[str], status: int, said: str, tmp_path: Path) -> None:
    data = make_vsi_bench(tmp_path / "data", clips=False)
    places = {"DATA": str(data), "RUN": str(tmp_path / "run")}
    shown = run(*(places.get(one, one) for one in arguments))
    assert shown.exit_code == status, shown.output
    assert said in shown.output
    assert "hunter2" not in shown.output
    assert "Traceback" not in shown.output
