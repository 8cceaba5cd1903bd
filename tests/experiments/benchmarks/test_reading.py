"""What is read of each benchmark's rows: golds, options, wording, media and what scores are broken down by."""

from __future__ import annotations

from pathlib import Path

import pytest

from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.experiments.benchmarks.locate import load_benchmark
from p2r_rewards.experiments.benchmarks.question import Question
from p2r_rewards.graders.grading import grade
from tests.experiments.benchmarks import made_layouts as made


def read(root: Path, variant: str | None = None) -> dict[str, Question]:
    return {question.key: question for question in load_benchmark(root, variant=variant).questions}


def test_vsi_bench_numbers_have_no_options_and_choices_as_many_as_they_have(tmp_path: Path) -> None:
    questions = read(made.make_vsi_bench(tmp_path, clips=False))
    assert questions["test/1"].problem.type == "numerical"
    assert questions["test/8"].problem.options == ("A. left", "B. right")
    assert questions["test/8"].media[0].path == "scannetpp/scene0008.mp4"
    assert "Options:\nA. left\nB. right" in questions["test/8"].wording.question


def test_vsi_bench_variants(tmp_path: Path) -> None:
    tables = made.make_vsi_bench(tmp_path / "tables", "debiased release", clips=False)
    listed = made.make_vsi_bench(tmp_path / "listed", "JSON Lines", clips=False)
    for root in (tables, listed):
        assert set(read(root, "pruned")) == {"test/1", "test/5"}
        assert len(read(root, "debiased")) == 10
    with pytest.raises(DataError, match=r"full.*test.jsonl"):
        read(tables)
    with pytest.raises(ConfigError, match="variant"):
        read(listed, "tiny")
    (listed / "pruned_ids.txt").write_bytes(b"\xff\xfe1\n")
    with pytest.raises(DataError, match=r"pruned_ids.txt: can't be read as ids"):
        read(listed, "pruned")


def test_videommmu_types_tracks_and_letters(tmp_path: Path) -> None:
    questions = read(made.make_video_mmmu(tmp_path, clips=False))
    assert len({key.partition("/")[2] for key in questions}) == 4  # ids recur across tracks
    unnamed = questions["Adaptation/validation_Accounting_13"].problem
    assert unnamed.type == "multiple choice"
    assert unnamed.options == ("A. 2 m/s", "B. 4 m/s")
    assert questions["Perception/dev_Art_Theory_2"].problem.options[-1] == "J. choice 10"
    assert questions["Adaptation/test_Physics_1"].problem.type == "numerical"
    assert questions["Adaptation/test_Clinical_Medicine_4"].problem.gold is None  # a broken list
    assert questions["Perception/test_Clinical_Medicine_4"].media[0].path == "Medicine/test_Clinical_Medicine_4.mp4"
    alone = read(tmp_path, "question-only")
    assert alone["question-only/test_Physics_1"].media[0].path == "question_only/test_Physics_1_image.mp4"


def test_videommmu_ids_without_a_subject_are_told(tmp_path: Path) -> None:
    root = made.make_video_mmmu(tmp_path, clips=False)
    rows = [row | {"id": "test_Alchemy_1"} for row in made.VIDEOMMMU_ROWS["Perception"][:1]]
    made.put_parquet(root / "Perception" / "test-00000-of-00001.parquet", rows)
    with pytest.raises(DataError, match=r"row 1.*test_Alchemy_1"):
        read(root)


def test_mmvu_paths_and_choices(tmp_path: Path) -> None:
    questions = read(made.make_mmvu(tmp_path, clips=False))
    assert questions["validation/validation_1"].media[0].path == "videos/Art/1.mp4"
    assert questions["validation/validation_1"].problem.options[4] == "E. Relief"
    assert questions["validation/validation_6"].problem.options == ()
    assert questions["validation/validation_7"].breakdown["subject"].replace("_", " ") == "Computer Science"


def test_vcr_bench_options_are_not_printed_twice(tmp_path: Path) -> None:
    questions = read(made.make_vcr_bench(tmp_path, clips=False))
    glued = questions["test/0"].wording.question
    assert glued == 'Why run?\nA. Fear\nB. Joy\nC. It\'s late\nD. He says "go"'
    assert questions["test/1"].wording.question.startswith("Why stop?\nOptions:\nA. Fear")
    assert questions["test/2"].problem.options == ("A. Tired", "B. Told to")
    assert [questions[f"test/{number}"].problem.type for number in (5, 8, 10)] == ["temporal", "box", "free-form"]


def test_vcr_bench_tables_hold_mappings_as_python_prints_them(tmp_path: Path) -> None:
    questions = read(made.make_vcr_bench(tmp_path, "table", clips=False))
    assert questions["test/0"].problem.options == ("A. Fear", "B. Joy", "C. It's late", 'D. He says "go"')
    assert questions["test/0"].media[0].path == "v1/videos/video/demo/0.mp4"


def test_mvbench_bounds_frames_and_late_fixes(tmp_path: Path) -> None:
    questions = read(made.make_mvbench(tmp_path))
    sequence = questions["action_sequence/0"].media[0]
    assert (sequence.start, sequence.end, sequence.kind) == (0.5, 1.5, "video")
    assert questions["episodic_reasoning/0"].media[0].kind == "frames"
    assert questions["episodic_reasoning/0"].media[0].fps == 3
    assert questions["object_interaction/0"].media[0].path.startswith("video/data0613/star/")
    assert questions["action_antonym/0"].media[0].path.endswith(".webm")
    # clevrer and perception share file names: each task looks in its own folder
    assert "clevrer" in questions["moving_count/0"].media[0].path
    assert "perception" in questions["action_count/0"].media[0].path


@pytest.mark.parametrize(
    ("bounds", "named"),
    [
        ({"start": -1, "end": 2}, "must not be negative"),
        ({"start": 2, "end": 2}, "not before"),
        ({"start": "x"}, "no number"),
    ],
)
def test_mvbench_bounds_that_are_none_name_their_row(tmp_path: Path, bounds: dict[str, object], named: str) -> None:
    row = {"video": "ZZ.mp4", "question": "What next?", "candidates": ["Sat", "Ran"], "answer": "Ran"}
    made.put_json(tmp_path / "json" / "action_sequence.json", [row | bounds])
    with pytest.raises(DataError, match=f"row 1.*{named}"):
        load_benchmark(tmp_path)


def test_mvbench_cut_clips_have_no_bounds(tmp_path: Path) -> None:
    questions = read(made.make_mvbench(tmp_path, "branch video"))
    assert all(question.media[0].start is None for question in questions.values())
    assert questions["action_sequence/0"].media[0].path.startswith("star/Charades_segment/")


def test_mvbench_golds_are_texts_and_twins_are_one(tmp_path: Path) -> None:
    problem = read(made.make_mvbench(tmp_path, clips=False))["action_sequence/1"].problem
    assert problem.gold == ("B", "C")
    assert [grade(problem, letter).value for letter in "ABC"] == [0.0, 1.0, 1.0]  # type: ignore[union-attr]


def test_tempcompass_options_and_keys(tmp_path: Path) -> None:
    questions = read(made.make_tempcompass(tmp_path, clips=False))
    assert questions["multi-choice/1/action/1"].problem.options == ("A. lifts", "B. drops", "C. turns")
    assert questions["caption_matching/1/direction/0"].problem.options == ("1. It lifts.", "2. It drops.")
    assert questions["yes_no/1/action/0"].wording.question == "Does it drop?"
    assert questions["captioning/2/order/0"].problem.type == "captioning"


def test_video_mme_finds_videos_of_all_suffixes_and_folders(tmp_path: Path) -> None:
    for folder in ("data", "video"):
        questions = read(made.make_video_mme(tmp_path / folder, folder=folder))
        paths = {question.media[0].path for question in questions.values()}
        assert paths == {f"{folder}/vid-{name}" for name in ("1.mp4", "2.mp4", "3.MP4", "4.mkv")}


def test_video_r1_paths_with_the_folder_doubled(tmp_path: Path) -> None:
    for layout, prefix in (("files", ""), ("Video-R1's tree", "src/r1-v/Evaluation/")):
        questions = read(made.make_video_r1_eval(tmp_path / layout, layout))
        assert questions["vsibench/2"].media[0].path == f"{prefix}VSI/b.mp4"
        assert questions["videommmu/3"].media[0].kind == "image"
        assert questions["vsibench/1"].wording.question == "Who of vsibench 1?Options:\nA. Ann\nB. Bo\nC. Cy"


def test_video_r1_rows_that_say_mp4_of_a_webm(tmp_path: Path) -> None:
    root = made.make_video_r1_eval(tmp_path)
    (root / "MVBench" / "a.mp4").rename(root / "MVBench" / "a.webm")
    assert read(root)["mvbench/1"].media[0].path == "MVBench/a.webm"


@pytest.mark.parametrize("path", ["../secret.mp4", "/etc/passwd.mp4", "https://host.invalid/x.mp4", "a/../../x.mp4"])
def test_paths_that_lead_out_of_the_folder_are_refused(tmp_path: Path, path: str) -> None:
    rows = [made.VIDEO_R1_ROWS["mvbench"][0] | {"path": path}]
    made.put_json(tmp_path / "eval_mvbench.json", rows)
    with pytest.raises(DataError, match="row 1"):
        load_benchmark(tmp_path)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"question": None}, "'question' is missing"),
        ({"options": "A, B"}, "'options'"),
        ({"id": 2}, "two questions have the key 'test/2'"),
        ({"dataset": ".."}, "leads out"),
        ({"question_type": "colour"}, "'colour' is none of VSI-Bench"),
    ],
)
def test_a_broken_row_is_named(tmp_path: Path, change: dict[str, object], named: str) -> None:
    rows = [dict(row) for row in made.VSI_ROWS]
    made.put_json_lines(tmp_path / "test.jsonl", [rows[0] | change, *rows[1:]])
    with pytest.raises(DataError, match=named):
        load_benchmark(tmp_path)
