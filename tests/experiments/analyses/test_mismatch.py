"""Think-answer mismatch: rates worked by hand, what is left open, and who reads it."""

import json
from pathlib import Path
from typing import Any

import pytest

from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.experiments.analyses.mismatch import MismatchRun, load_questions, measure_runs, name_benchmark
from p2r_rewards.experiments.analyses.mismatch_table import mismatch_table
from p2r_rewards.experiments.analyses.named_runs import NamedRun, read_named
from p2r_rewards.experiments.analyses.published import MISMATCH
from p2r_rewards.judges.agreement import wilson_interval
from tests.experiments.benchmarks.made_layouts import make_video_mme

OPTIONS = ["A. a cat", "B. a dog", "C. a fish"]
AGREES = "<think>So the answer is B.</think><answer>B</answer>"
DIFFERS = "<think>So the answer is C.</think><answer>B</answer>"
OPEN = "<think>It has legs and</think><answer>B</answer>"


def row(output: str | None, benchmark: str = "mvbench", **more: Any) -> dict[str, Any]:
    known = {"question": "Which barks?", "options": OPTIONS, "problem_type": "multiple choice", "gold": "B"}
    return {"benchmark": benchmark, "key": "x", "output": output, **known, **more}


def write(path: Path, rows: list[dict[str, Any]]) -> NamedRun:
    path.write_text("".join(json.dumps(one) + "\n" for one in rows))
    return NamedRun(path.stem, str(path))


def test_rates_by_benchmark_worked_by_hand(tmp_path: Path) -> None:
    rows = [row(DIFFERS)] * 1 + [row(AGREES)] * 3 + [row(OPEN)] * 2
    rows += [row(DIFFERS, "mmvu")] * 2 + [row(AGREES, "mmvu")] * 2 + [row(None, error="media: missing")]
    rows += [row("<think>So 2.</think><answer>3</answer>", problem_type="numerical", options=[])]
    (found,) = measure_runs([MismatchRun(write(tmp_path / "mine.jsonl", rows), "rl")])["runs"]
    assert (found["answers"], found["unanswered"], found["unread"]) == (12, 1, 0)
    assert (found["rows"], found["decided"], found["mismatches"], found["undecided"]) == (10, 8, 3, 2)
    mvbench, mmvu = (found["benchmarks"][name] for name in ("mvbench", "mmvu"))
    assert (mvbench["rate"], mvbench["decided"], mvbench["undecided"]) == (0.25, 4, 2)
    assert mvbench["interval"] == list(wilson_interval(1, 4))
    assert (mmvu["rate"], mmvu["decided"], mmvu["undecided"]) == (0.5, 4, 0)
    assert (found["mean"]["rate"], found["mean"]["of"]) == (0.375, 2)
    low, high = found["mean"]["interval"]
    # The mean of two rates, each as far from its bounds: half the root of the summed squares.
    bounds = [(0.25 - wilson_interval(1, 4)[0]) ** 2, (0.5 - wilson_interval(2, 4)[0]) ** 2]
    assert low == pytest.approx(0.375 - sum(bounds) ** 0.5 / 2)
    assert low < 0.375 < high


def test_a_reasoning_that_breaks_off_is_open_and_an_answer_with_none_too(tmp_path: Path) -> None:
    rows = [row("<think>It barks, so B"), row("no tags: B"), row(AGREES.replace(">B<", ">?<"))]
    (found,) = measure_runs([MismatchRun(write(tmp_path / "cut.jsonl", rows))])["runs"]
    assert (found["decided"], found["undecided"], found["rate"], found["mean"]) == (0, 3, None, None)
    table = mismatch_table({"extraction": "rules", "by": None, "runs": [found]})
    assert table.rows[0].cells == (None, None)


def test_rows_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    run = write(tmp_path / "odd.jsonl", [row(AGREES), row(None), {"text": "?"}])
    (found,) = measure_runs([MismatchRun(run)])["runs"]
    assert (found["unread"], found["unanswered"]) == (2, 0)
    assert "line 2: column 'output' is null" in found["first_unread"]


def test_bare_answers_find_their_questions_in_the_benchmarks_folder(tmp_path: Path) -> None:
    data = make_video_mme(tmp_path / "Video-MME")
    questions = load_questions([str(data)])
    (benchmark, key), question = next(iter(questions.items()))
    label = question.problem.options[1].partition(".")[0]
    said = f"<think>So the answer is {label}.</think><answer>{label}</answer>"
    run = write(tmp_path / "bare.jsonl", [{"benchmark": benchmark, "key": key, "output": said}])
    with pytest.raises(DataError, match=r"none of its 1 rows.*--data"):
        measure_runs([MismatchRun(run)])
    (found,) = measure_runs([MismatchRun(run)], questions=questions)["runs"]
    assert (found["decided"], found["rate"]) == (1, 0.0)
    unnamed = write(tmp_path / "unnamed.jsonl", [{"key": key, "output": said}])  # the benchmark is the only one there
    (found,) = measure_runs([MismatchRun(unnamed)], questions=questions)["runs"]
    assert (found["decided"], list(found["benchmarks"])) == (1, [benchmark])
    by_duration = measure_runs([MismatchRun(run)], questions=questions, by="duration")
    assert list(by_duration["runs"][0]["benchmarks"]) == [question.breakdown["duration"]]
    table = mismatch_table(by_duration)
    assert table.columns == (question.breakdown["duration"], "Mean")
    assert not any(one.published for one in table.rows)
    with pytest.raises(ConfigError, match=r"no question has a breakdown 'colour'; those of --data have .*duration"):
        measure_runs([MismatchRun(run)], questions=questions, by="colour")
    with pytest.raises(ConfigError, match="give the benchmarks' folders with --data"):
        measure_runs([MismatchRun(run)], by="task")


def test_the_table_stands_beside_the_papers(tmp_path: Path) -> None:
    runs = [
        MismatchRun(write(tmp_path / "rl.jsonl", [row(DIFFERS), row(OPEN)])._replace(name="mine"), "rl"),
        MismatchRun(write(tmp_path / "sft.jsonl", [row(AGREES)])._replace(name="mine"), "sft"),
    ]
    table = mismatch_table(measure_runs(runs))
    assert table.columns == ("MVBench", "Mean")
    assert [one.model for one in table.rows if not one.published] == ["mine, SFT", "mine, RL"]
    cell = table.rows[1].cells[0]
    assert cell is not None
    assert (cell.value, cell.notes) == (100.0, ("1 of 2 left open",))
    printed = {one.model: one.cells for one in table.rows if one.published}
    videop2r = printed["VideoP2R, RL"]
    assert [one and one.value for one in videop2r] == pytest.approx([7.4, 7.5])


def test_the_papers_means_are_those_of_their_rows() -> None:
    # Both are printed to one decimal.
    for one in MISMATCH:
        assert sum(one.rates.values()) / 7 == pytest.approx(one.mean, abs=0.0006), one.model


@pytest.mark.parametrize(
    ("told", "file", "benchmark"),
    [
        ({"benchmark": "vsi-bench"}, "x.jsonl", "vsi-bench"),
        ({"data_source": "VideoMMMU"}, "x.jsonl", "videommmu"),
        ({"benchmark": "video-r1-eval", "key": "videomme/7"}, "x.jsonl", "video-mme"),
        ({}, "eval_tempcompass_mine_greedy_output.json", "tempcompass"),
        ({"data_source": "My own set"}, "x.jsonl", "My own set"),
        ({"benchmark": 3}, "x.jsonl", "(no benchmark)"),
    ],
)
def test_benchmarks_by_any_of_their_names(told: dict[str, Any], file: str, benchmark: str) -> None:
    assert name_benchmark(told, file) == benchmark


def test_names_of_runs(tmp_path: Path) -> None:
    for name in ("a", "b=c"):
        (tmp_path / name).mkdir()
    assert read_named([f"full={tmp_path}/a", f"{tmp_path}/b=c"]) == [
        NamedRun("full", f"{tmp_path}/a"),
        NamedRun("b=c", f"{tmp_path}/b=c"),
    ]
    with pytest.raises(ConfigError, match="given twice"):
        read_named([f"x={tmp_path}/a", f"x={tmp_path}/b=c"])
    with pytest.raises(DataError, match="is not there"):
        read_named([f"{tmp_path}/gone"])
    with pytest.raises(ConfigError, match="NAME=PATH"):
        read_named([f"={tmp_path}/a"])
