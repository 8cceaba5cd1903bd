"""`p2r-eval examine`, `mismatch`, `ablate` and `judges` as users run them."""

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from p2r_rewards.commands.evaluate import main
from p2r_rewards.commands.score import main as score
from p2r_rewards.experiments.benchmarks.locate import load_benchmark
from tests.experiments.analyses.made_runs import right, write_run
from tests.experiments.analyses.test_mismatch import AGREES, DIFFERS, OPEN, row, write
from tests.experiments.benchmarks.made_layouts import make_vsi_bench
from tests.judges.fake_server import Act, FakeServer, Seen

ROOT = Path(__file__).parents[2]
SAID = "<observation>A dog.</observation> <think>So the answer is B.</think><answer>B</answer>"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, list(map(str, arguments)))


@pytest.fixture(scope="module")
def vsi(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_vsi_bench(tmp_path_factory.mktemp("data") / "VSI-Bench")


def test_examine_from_a_run_to_the_table(vsi: Path, tmp_path: Path) -> None:
    small = ["--frames", "2", "--max-pixels", "784", "--quiet"]
    with FakeServer(lambda seen, number: Act(SAID)) as server:
        model = ["--model", f"openai:m@{server.openai}"]
        assert run("run", vsi, *model, "-o", tmp_path / "own", *small).exit_code == 0
        options = [*model, "--own", tmp_path / "own", "--observations", f"Other={tmp_path / 'own'}"]
        planned = run("examine", vsi, *options, "--dry-run")
        assert planned.exit_code == 0, planned.output
        assert len(server.seen) == 12
        for title in ("text only", "text + own observation", "video + text + Other's observation"):
            assert title in " ".join(planned.output.split())
        table = tmp_path / "table.md"
        shown = run("examine", vsi, *options, "-o", tmp_path / "out", "--table", table, *small)
        assert shown.exit_code == 0, shown.output
        # Both observers said the same, and still each is asked in a folder of its own: 12 questions, 5 conditions.
        assert len(server.seen) == 12 + 5 * 12
    text = table.read_text()
    for title in ("text only", "text + own observation", "video + text + Other's observation"):
        assert f"| {title} | " in text
    assert "| 7B, video + text + VideoP2R's observation (paper) | 29.7 |" in text


def test_a_killed_examination_goes_on(vsi: Path, tmp_path: Path) -> None:
    data = load_benchmark(vsi).questions
    lines = [{"benchmark": one.benchmark, "key": one.key, "output": SAID} for one in data]
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "answers.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    held = threading.Event()

    def reply(seen: Seen, number: int) -> Act:
        if number != 17:  # of three times twelve: in the midst of the second condition
            return Act(SAID)
        held.set()
        return Act(kind="hang")

    with FakeServer(reply) as server:

        def command(folder: str) -> list[str]:
            code = "from p2r_rewards.commands.evaluate import main; main()"
            places = ["--own", str(tmp_path / "own"), "-o", str(tmp_path / folder), "--concurrency", "1", "--quiet"]
            model = ["--model", f"openai:m@{server.openai}", "--frames", "2", "--max-pixels", "784"]
            return [sys.executable, "-c", code, "examine", str(vsi), *model, *places]

        process = subprocess.Popen(command("killed"))
        assert held.wait(60)
        process.kill()
        process.wait()
        subprocess.run(command("killed"), check=True)
        assert len(server.seen) == 3 * 12 + 1, "but for the request that had no answer, nothing is asked twice"
        subprocess.run(command("undisturbed"), check=True)
    files = sorted(path.relative_to(tmp_path / "killed") for path in (tmp_path / "killed").rglob("*.jsonl"))
    compared = [path for path in files if "generations" not in path.parts]
    assert len(compared) == 3 * 2
    for path in compared:
        assert (tmp_path / "killed" / path).read_bytes() == (tmp_path / "undisturbed" / path).read_bytes(), path


def test_mismatch_of_two_stages_with_a_model_for_what_is_open(tmp_path: Path) -> None:
    sft = write(tmp_path / "sft.jsonl", [row(AGREES)] * 3 + [row(OPEN)])
    rl = write(tmp_path / "rl.jsonl", [row(AGREES), row(DIFFERS)])
    arguments = ["mismatch", "--sft", f"mine={sft.path}", "--rl", f"mine={rl.path}"]
    shown = run(*arguments)
    assert shown.exit_code == 0, shown.output
    assert "| mine, SFT | 0.0 [" in shown.output
    assert "| mine, RL | 50.0 [" in shown.output
    assert "| VideoP2R, RL (paper) | 7.4 | 7.5 |" in shown.output
    with FakeServer(lambda seen, number: Act("It is C. <extraction>C</extraction>")) as server:
        judge = ["--judge", f"openai:m@{server.openai}", "--no-cache"]
        found = json.loads(run(*arguments, *judge, "--json").output)
        assert len(server.seen) == 1, "rules read all but one"
        assert "<answer>" not in server.seen[0].prompt
    assert found["runs"][0]["mismatches"] == 1
    assert found["runs"][0]["undecided"] == 0
    assert found["extraction"].startswith("rules, then openai:m@")


def test_ablate_runs_into_every_form(vsi: Path, tmp_path: Path) -> None:
    for name, choose in (("full", right), ("<b>|less&", lambda one: "7")):
        write_run(tmp_path / name.replace("<b>|", "").rstrip("&"), vsi, choose, name=name)
    runs = [f"full={tmp_path / 'full'}", f"<b>|less&={tmp_path / 'less'}"]
    for form in ("md", "tex", "html"):
        path = tmp_path / f"table.{form}"
        shown = run("ablate", *runs, "-o", path)
        assert (shown.exit_code, shown.output) == (0, ""), shown.output
        text = path.read_text()
        assert "36.8" in text
        assert "<b>" not in text, "a name is no markup"
    found = json.loads(run("ablate", *runs, "--json").output)
    assert found["full"] == "full"
    assert found["runs"][1]["differences"]["vsi-bench"]["value"] < 0


def test_ablate_on_rollouts(tmp_path: Path) -> None:
    scored = tmp_path / "scored.jsonl"
    arguments = [str(ROOT / "examples" / "rollouts.jsonl"), "--judge=lexical", "-o", str(scored), "--quiet"]
    assert CliRunner().invoke(score, arguments).exit_code == 0
    shown = run("ablate", "--rollouts", scored)
    assert shown.exit_code == 0, shown.output
    assert "without separation" in shown.output
    found = json.loads(run("ablate", "--rollouts", scored, "--json").output)
    assert found["rollouts"]["variants"][0]["variant"] == "PA-GRPO"


def test_judges_by_labels_beside_a_run(vsi: Path, tmp_path: Path) -> None:
    write_run(tmp_path / "run", vsi, right)
    labels = ROOT / "examples" / "judge_labels.jsonl"
    options = ["--labels", labels, "--judge", "lexical", "--part", "held-out", "--run", f"lexical={tmp_path / 'run'}"]
    shown = run("judges", *options)
    assert shown.exit_code == 0, shown.output
    assert "| lexical | 7" in shown.output
    assert "| Claude 3.7 Sonnet (paper) | 95.0 |" in shown.output
    assert "no model read the observations" in shown.output


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["mismatch"], 2, "give at least one RUN"),
        (["mismatch", "gone.jsonl"], 1, "gone.jsonl: is not there"),
        (["mismatch", "x=.", "-o", "table.pdf"], 2, "written as .md, .tex, .html"),
        (["ablate"], 2, "give scored RUNs"),
        (["ablate", "EMPTY"], 1, "holds no scores.json"),
        (["ablate", "--rollouts", "README"], 1, "is not JSON"),
        (["judges", "--judge", "lexical"], 2, "--labels and --judge go together"),
        (["judges"], 2, "give labels with judges"),
        (["judges", "--calibration", "README"], 1, "is not JSON"),
        (["examine", "EMPTY", "--model", "openai:m@http://h/v1"], 2, "-o RUN"),
        (
            ["examine", "EMPTY", "--model", "openai:m@http://h/v1", "-o", "OUT", "--table", "x.pdf"],
            2,
            ".md, .tex, .html",
        ),
    ],
)
def test_wrong_usage_is_one_line(arguments: list[str], status: int, said: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    places = {"EMPTY": str(tmp_path / "empty"), "README": str(ROOT / "README.md"), "OUT": str(tmp_path / "out")}
    shown = run(*(places.get(one, one) for one in arguments))
    assert shown.exit_code == status, shown.output
    assert said in " ".join(shown.output.split())
    assert "Traceback" not in shown.output
