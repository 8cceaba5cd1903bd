"""Runs of ablations: scores read back, and paired differences worked by hand."""

import json
from pathlib import Path

import pytest

from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.experiments.analyses.run_ablations import ablation_table, compare_runs
from p2r_rewards.experiments.analyses.scored_runs import read_scored, weighted_mean
from p2r_rewards.experiments.benchmarks.question import Question
from p2r_rewards.experiments.evaluation.published import published_rows
from tests.experiments.analyses.made_runs import right, write_run
from tests.experiments.benchmarks.made_layouts import (
    make_mmvu,
    make_tempcompass,
    make_vcr_bench,
    make_video_mme,
    make_video_mmmu,
    make_video_r1_eval,
    make_vsi_bench,
)


@pytest.fixture(scope="module")
def vsi(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_vsi_bench(tmp_path_factory.mktemp("data") / "VSI-Bench", clips=False)


def numbers_only(question: Question) -> str:
    return "Z" if question.problem.options else right(question)


def test_differences_weigh_the_parts_of_the_papers_score(vsi: Path, tmp_path: Path) -> None:
    # All right, against right in numbers alone: the mean of MRA and accuracy falls from 1 to 1/2.
    runs = [write_run(tmp_path / "full", vsi, right, name="full")]
    runs.append(write_run(tmp_path / "less", vsi, numbers_only, name="less"))
    found = compare_runs(runs)
    full, less = found["runs"]
    assert (full["benchmarks"]["vsi-bench"]["value"], less["benchmarks"]["vsi-bench"]["value"]) == (1.0, 0.5)
    assert full["differences"] == {}
    difference = less["differences"]["vsi-bench"]
    assert (difference["value"], difference["questions"]) == (-0.5, 12)
    assert difference["interval"] == [-0.5, -0.5], "every choice is lost, whatever is drawn"
    assert (less["mean_difference"]["value"], less["mean_difference"]["of"]) == (-0.5, 1)


def test_unanswered_questions_are_left_out_of_the_pairs(vsi: Path, tmp_path: Path) -> None:
    full = write_run(tmp_path / "full", vsi, right, name="full")
    less = write_run(
        tmp_path / "less", vsi, lambda one: None if one.breakdown["task"] == "object_counting" else "7", name="less"
    )
    found = compare_runs([full, less])["runs"][1]
    assert found["benchmarks"]["vsi-bench"]["unanswered"] == 2
    assert found["differences"]["vsi-bench"]["questions"] == 10


def test_questions_on_one_video_are_drawn_together(tmp_path: Path) -> None:
    data = make_video_mme(tmp_path / "Video-MME", clips=False)
    full = write_run(tmp_path / "full", data, right, name="full")
    less = write_run(tmp_path / "less", data, lambda one: "Z", name="less")
    difference = compare_runs([full, less])["runs"][1]["differences"]["video-mme"]
    assert difference["videos"] < difference["questions"]


def test_the_mean_is_over_benchmarks(vsi: Path, tmp_path: Path) -> None:
    other = make_tempcompass(tmp_path / "TempCompass", clips=False)
    for name, choose in (("full", right), ("less", numbers_only)):
        for data in (vsi, other):
            run = write_run(tmp_path / name, data, choose if data == vsi else right, name=name)
    found = compare_runs([run._replace(name="full", path=str(tmp_path / "full")), run], full="full")
    less = found["runs"][1]
    assert less["mean"] == {"value": 0.75, "of": 2}
    assert less["mean_difference"]["value"] == -0.25
    table = ablation_table(found)
    rows = {row.model: row for row in table.rows if not row.published}
    assert list(rows) == ["full", "less", "less - full"]
    mean = rows["less - full"].cells[-1]
    assert mean is not None
    assert (mean.value, mean.notes) == (-25.0, ("mean of 2 of 7 benchmarks",))
    assert [row.model for row in table.rows if row.published] == [row.model for row in published_rows("ablations")]


def test_marks_read_back_come_to_every_benchmarks_score(tmp_path: Path) -> None:
    makers = (make_mmvu, make_vcr_bench, make_video_mmmu, make_video_mme, make_tempcompass, make_vsi_bench)
    for number, make in enumerate(makers):
        data = make(tmp_path / f"data{number}", clips=False)
        run = write_run(tmp_path / "run", data, lambda one: right(one) if one.key[-1] in "02468" else "B", name="some")
    scored = read_scored(run)
    assert len(scored) == len(makers)
    for name, one in scored.items():
        assert one.main["value"] == pytest.approx(weighted_mean(one.marks)), name
        assert one.main["count"] == len(one.marks), name


def test_scores_that_are_not_of_their_verdicts_are_refused(vsi: Path, tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", vsi, right)
    path = tmp_path / "run" / "vsi-bench" / "verdicts.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    path.write_text("".join(json.dumps({**row, "paper": 0.0}) + "\n" for row in rows))
    with pytest.raises(DataError, match=r"come to 0.0, .* says 1.0; score again"):
        read_scored(run)
    path.write_text('{"key": 1}\n')
    with pytest.raises(DataError, match=r"verdicts.jsonl:1: is no verdict"):
        read_scored(run)
    path.unlink()
    with pytest.raises(DataError, match="holds no verdicts beside"):
        read_scored(run)


def test_what_is_no_run_is_refused(vsi: Path, tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", vsi, right, name="run")
    with pytest.raises(ConfigError, match="the runs are run"):
        compare_runs([run], full="other")
    with pytest.raises(ConfigError, match="confidence=2"):  # of one run alone too, which has no difference
        compare_runs([run], confidence=2)
    with pytest.raises(ConfigError, match="at least one"):
        compare_runs([])
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"holds no scores.json"):
        read_scored(run._replace(path=str(tmp_path / "empty")))


def test_sets_other_than_the_seven_are_told_of(vsi: Path, tmp_path: Path) -> None:
    other = make_video_r1_eval(tmp_path / "files", clips=False)
    for data in (vsi, other):
        run = write_run(tmp_path / "run", data, right, name="run")
    found = compare_runs([run])
    assert list(found["runs"][0]["benchmarks"]) == ["vsi-bench"]
    assert "run: 1 scored sets beyond these seven passed over." in ablation_table(found).remarks
    with pytest.raises(DataError, match="holds none of the paper's seven benchmarks"):
        read_scored(run._replace(path=str(tmp_path / "run" / "video-r1-eval")))
