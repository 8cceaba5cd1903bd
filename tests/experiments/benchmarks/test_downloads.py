"""Wrong layouts, missing files and half-downloaded archives: one message that says what was expected where."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.experiments.benchmarks.downloads import find_remains
from p2r_rewards.experiments.benchmarks.locate import load_benchmark, locate
from p2r_rewards.experiments.benchmarks.media_check import check_media, require_media
from tests.experiments.benchmarks import made_layouts as made

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12345\n"


def message(root: Path, name: str | None = None) -> str:
    with pytest.raises(DataError) as caught:
        require_media(load_benchmark(root, name))
    told = str(caught.value)
    assert "\n" not in told
    return told


def test_a_folder_of_something_else(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_text("x")
    assert "there is readme.txt" in message(tmp_path)
    told = message(tmp_path, "mmvu")
    assert "validation.json" in told
    assert "videos/<Subject>/<n>.mp4" in told


def test_no_folder_no_benchmark_and_an_empty_one(tmp_path: Path) -> None:
    assert "is no folder" in message(tmp_path / "nowhere")
    assert "there is nothing" in message(tmp_path)
    with pytest.raises(ConfigError, match="vsi-bench, videommmu"):
        locate(tmp_path, "imagenet")


def test_files_of_two_benchmarks(tmp_path: Path) -> None:
    made.make_mmvu(made.make_tempcompass(tmp_path, clips=False), clips=False)
    assert "several benchmarks (mmvu, tempcompass)" in message(tmp_path)
    assert locate(tmp_path, "mmvu")[0].name == "mmvu"


def test_a_table_of_the_right_name_with_other_columns(tmp_path: Path) -> None:
    made.put_parquet(tmp_path / "test-00000-of-00001.parquet", [{"id": 1, "text": "x"}])
    told = message(tmp_path, "vsi-bench")
    assert "does not hold VSI-Bench" in told
    assert "it lacks the column 'dataset', the column 'scene_name'" in told


def test_a_part_of_a_layout(tmp_path: Path) -> None:
    root = made.make_video_mmmu(tmp_path, clips=False)
    (root / "Adaptation" / "test-00000-of-00001.parquet").unlink()
    assert "for VideoMMMU (Parquet) it lacks Adaptation/test-00000-of-00001.parquet" in message(root)


def test_the_folder_above(tmp_path: Path) -> None:
    made.make_mmvu(tmp_path / "MMVU", clips=False)
    assert f"MMVU lies in {tmp_path / 'MMVU'}" in message(tmp_path)


def test_missing_videos_are_counted_and_the_first_are_named(tmp_path: Path) -> None:
    root = made.make_vsi_bench(tmp_path)
    for row in made.VSI_ROWS[:5]:
        (root / row["dataset"] / f"{row['scene_name']}.mp4").unlink()
    told = message(root)
    assert "5 of 12 media" in told
    assert "for 5 of 12 questions" in told
    assert "scannet/scene0001.mp4 (missing)" in told
    assert "and 2 more" in told
    assert "arkitscenes/, scannet/ and scannetpp/" in told


def test_an_archive_that_is_not_unpacked(tmp_path: Path) -> None:
    root = made.make_vsi_bench(tmp_path, clips=False)
    with zipfile.ZipFile(root / "scannet.zip", "w") as archive:
        archive.writestr("scannet/scene0001.mp4", made.made_clip())
    told = message(root)
    assert "scannet.zip: are archives that may not be unpacked yet" in told


def test_an_archive_that_is_cut_off(tmp_path: Path) -> None:
    root = made.make_mmvu(tmp_path, "Parquet", clips=False)
    with zipfile.ZipFile(root / "videos.zip", "w") as archive:
        archive.writestr("videos/Art/1.mp4", made.made_clip())
    whole = (root / "videos.zip").read_bytes()
    (root / "videos.zip").write_bytes(whole[: len(whole) // 2])
    assert "videos.zip: are archives that can't be read" in message(root)


def test_downloads_that_broke_off(tmp_path: Path) -> None:
    root = made.make_video_mme(tmp_path, clips=False)
    hidden = root / ".cache" / "huggingface" / "download"
    hidden.mkdir(parents=True)
    (hidden / "videos_chunked_01.zip.abc.incomplete").write_bytes(b"PK")
    assert ".cache/huggingface/download/videos_chunked_01.zip.abc.incomplete: are downloads that broke off" in message(
        root
    )


def test_git_lfs_pointers(tmp_path: Path) -> None:
    root = made.make_vcr_bench(tmp_path / "videos")
    (root / "v1/videos/video/demo/3.mp4").write_text(POINTER)
    told = message(root)
    assert "v1/videos/video/demo/3.mp4 (git-lfs pointer)" in told
    assert "git lfs pull" in told
    table = tmp_path / "table"
    table.mkdir()
    (table / "VCR-Bench.tsv").write_text(POINTER)
    assert "is a git-lfs pointer" in message(table)


@pytest.mark.parametrize("name", list(made.MAKERS))
def test_metadata_that_is_cut_off(tmp_path: Path, name: str) -> None:
    root = made.MAKERS[name](tmp_path, clips=False)
    first = sorted(path for path in root.rglob("*") if path.suffix in (".parquet", ".json", ".jsonl"))[0]
    first.write_bytes(first.read_bytes()[: first.stat().st_size // 2])
    assert first.name in message(root)


def test_empty_videos_and_links_out_of_the_folder(tmp_path: Path) -> None:
    root = made.make_tempcompass(tmp_path / "data")
    (root / "videos" / "1.mp4").write_bytes(b"")
    (root / "videos" / "2.mp4").unlink()
    made.put_clip(tmp_path / "outside.mp4")
    (root / "videos" / "2.mp4").symlink_to(tmp_path / "outside.mp4")
    assert check_media(load_benchmark(root)).faults == {"videos/1.mp4": "empty", "videos/2.mp4": "escapes the root"}


def test_a_folder_of_frames_without_pictures(tmp_path: Path) -> None:
    root = made.make_mvbench(tmp_path, ntu=True)
    [folder] = (root / "video" / "tvqa" / "frames_fps3_hq").iterdir()
    for picture in folder.iterdir():
        picture.unlink()
    faults = check_media(load_benchmark(root)).faults
    assert list(faults.values()) == ["a folder without pictures"]


def test_videos_that_nobody_hosts_are_told_as_such(tmp_path: Path) -> None:
    told = message(made.make_mvbench(tmp_path))
    assert "1 of 20 media" in told
    assert "NTU RGB+D's videos are not hosted" in told
    assert check_media(load_benchmark(made.make_mvbench(tmp_path, ntu=True))).complete


def test_only_media_of_complete_folders_are_looked_at_for_remains(tmp_path: Path) -> None:
    root = made.make_vsi_bench(tmp_path)
    with zipfile.ZipFile(root / "scannet.zip", "w"):
        pass
    assert check_media(load_benchmark(root)).complete  # an archive beside what came out of it is no fault
    assert [remain.kind for remain in find_remains(root)] == ["packed"]


def test_a_pipe_in_place_of_a_video_is_not_waited_for(tmp_path: Path) -> None:
    root = made.make_mmvu(tmp_path)
    path = load_benchmark(root).questions[0].media[0].path
    (root / path).unlink()
    os.mkfifo(root / path)
    assert check_media(load_benchmark(root)).faults == {path: "missing"}
