"""Every benchmark's published layout in miniature: a function a benchmark that writes its folder, with tiny clips."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from p2r_rewards.experiments.benchmarks.mvbench import TASKS as MVBENCH_TASKS
from p2r_rewards.experiments.benchmarks.tempcompass import TASKS as TEMPCOMPASS_TASKS
from p2r_rewards.trainers.running.made_clips import COLOURS, WAYS, Scene, write_clip

FPS3_FRAMES = 12
SIZE = 56


@cache
def made_clip(colour: str = "red", way: str = "left") -> bytes:
    """A clip of 8 frames in 2 seconds, of a square of this colour that moves this way."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "clip.mp4")
        write_clip(path, Scene(colour, way), SIZE, 8)
        return path.read_bytes()


def put_clip(path: Path, number: int = 0) -> None:
    """Writes a clip; the number chooses what it shows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    colours, ways = list(COLOURS), list(WAYS)
    path.write_bytes(made_clip(colours[number % len(colours)], ways[number // len(colours) % len(ways)]))


def put_frames(folder: Path, count: int = FPS3_FRAMES) -> None:
    """Writes pictures 00001.jpg, 00002.jpg, …"""
    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    for number in range(1, count + 1):
        picture = np.full((SIZE, SIZE, 3), 255 * number // count, np.uint8)
        Image.fromarray(picture).save(folder / f"{number:05d}.jpg")


def put_parquet(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist([dict(row) for row in rows]), path)


def put_json(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1), encoding="utf-8")


def put_json_lines(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


# --- VSI-Bench -------------------------------------------------------------------------------------------------------

_ABCD = ["A. bed", "B. desk", "C. lamp", "D. sofa"]
VSI_ROWS: list[dict[str, Any]] = [
    {"id": number, "dataset": dataset, "scene_name": f"scene{number:04d}", "question_type": task}
    | {"question": f"Question {number}?", "options": options, "ground_truth": gold}
    for number, (dataset, task, options, gold) in enumerate(
        [
            ("scannet", "object_counting", None, "2"),
            ("scannet", "object_counting", None, "4"),
            ("scannet", "object_abs_distance", None, "2.0"),
            ("arkitscenes", "object_size_estimation", None, "100"),
            ("arkitscenes", "room_size_estimation", None, "20"),
            ("arkitscenes", "object_rel_distance", _ABCD, "B"),
            ("scannetpp", "obj_appearance_order", _ABCD, "C"),
            ("scannetpp", "object_rel_direction_easy", ["A. left", "B. right"], "A"),
            ("scannetpp", "object_rel_direction_medium", ["A. left", "B. right", "C. back"], "B"),
            ("scannetpp", "object_rel_direction_hard", ["A. 1", "B. 2", "C. 3", "D. 4"], "D"),
            ("scannet", "route_planning", _ABCD, "C"),
            ("scannet", "route_planning", _ABCD, "A"),
        ],
        start=1,
    )
]


def make_vsi_bench(root: Path, layout: str = "Parquet", *, clips: bool = True) -> Path:
    """Layouts: "Parquet", "JSON Lines"; "debiased release": tables for both parts, and `pruned_ids.txt`."""
    root.mkdir(parents=True, exist_ok=True)
    if layout == "Parquet":
        put_parquet(root / "test-00000-of-00001.parquet", VSI_ROWS)
    elif layout == "JSON Lines":
        put_json_lines(root / "test.jsonl", VSI_ROWS)
        (root / "pruned_ids.txt").write_text("1\n5\n")
    else:
        put_parquet(root / "test_debiased.parquet", [row for row in VSI_ROWS if row["id"] not in (1, 5)])
        put_parquet(root / "test_pruned.parquet", [row for row in VSI_ROWS if row["id"] in (1, 5)])
    for number, row in enumerate(VSI_ROWS if clips else []):
        put_clip(root / row["dataset"] / f"{row['scene_name']}.mp4", number)
    return root


# --- VideoMMMU -------------------------------------------------------------------------------------------------------

_TEN = [f"choice {number}" for number in range(1, 11)]
_VIDEOMMMU_VIDEOS = {
    "test_Physics_1": "Science",
    "validation_Accounting_13": "Business",
    "dev_Art_Theory_2": "Art",
    "test_Clinical_Medicine_4": "Medicine",
}
VIDEOMMMU_ROWS: dict[str, list[dict[str, Any]]] = {
    track: [
        {"id": name, "question": f"What of {name}?", "options": options, "answer": gold}
        for name, options, gold in zip(_VIDEOMMMU_VIDEOS, option_lists, golds, strict=True)
    ]
    for track, option_lists, golds in (
        ("Perception", [_TEN[:4], _TEN[:6], _TEN, ["x", "y", "z", "w"]], "ABJC"),
        ("Comprehension", [_TEN[:4], _TEN[:5], _TEN, _TEN[:4]], "BCID"),
        ("Adaptation", [[], ["2 m/s", "4 m/s"], _TEN, []], ["12.5", "B", "J", "['0.5', 1/2"]),
    )
}
for _row, _kind in zip(
    VIDEOMMMU_ROWS["Adaptation"], ["open", None, "multiple-choice", "open"], strict=True
):  # a null type with options is multiple choice
    _row["question"] = "<image 1> " + _row["question"]
    _row["question_type"] = _kind


def make_video_mmmu(root: Path, layout: str = "Parquet", *, clips: bool = True) -> Path:
    """Layouts: "Parquet", "JSON"; the clips of the questions alone stand in `question_only/`."""
    for track, rows in VIDEOMMMU_ROWS.items():
        if layout == "Parquet":
            kinds = [{"question_type": "perception"} | row for row in rows]
            image = {"image": {"bytes": b"\x89PNG", "path": "1.png"}} if track == "Adaptation" else {}
            put_parquet(root / track / "test-00000-of-00001.parquet", [row | image for row in kinds])
        else:
            put_json(
                root / "data" / f"{track.lower()}_video.json", {track: {str(n): row for n, row in enumerate(rows)}}
            )
    for number, (name, discipline) in enumerate(_VIDEOMMMU_VIDEOS.items() if clips else []):
        put_clip(root / discipline / f"{name}.mp4", number)
        put_clip(root / "question_only" / f"{name}_image.mp4", number)
    if clips:
        put_clip(root / "__MACOSX" / "Art" / "._dev_Art_Theory_2.mp4")
    return root


# --- MMVU ------------------------------------------------------------------------------------------------------------

_NO_CHOICES = dict.fromkeys("ABCDE", "")
_CHOICES = {"A": "Fresco", "B": "Etching", "C": "Mosaic", "D": "Collage", "E": "Relief"}
MMVU_ROWS: list[dict[str, Any]] = [
    {"id": f"validation_{number}", "video": f"https://host.invalid/datasets/MMVU/resolve/main/videos/{video}"}
    | {"youtube_url": "https://youtube.invalid/1", "question_type": kind, "question": question, "answer": gold}
    | {"choices": _NO_CHOICES if kind == "open-ended" else _CHOICES, "metadata": {"subject": video.split("/")[0]}}
    for number, (video, kind, question, gold) in enumerate(
        [
            ("Art/1.mp4", "multiple-choice", "Which technique is shown?", "A"),
            ("Art/1.mp4", "multiple-choice", "Which technique is left out?", "E"),
            ("Art/2.mp4", "multiple-choice", "Which technique is shown?", "C"),
            ("Computer_Science/1.mp4", "multiple-choice", "Which one?", "B"),
            ("Computer_Science/2.mp4", "multiple-choice", "Which other?", "D"),
            ("Art/3.mp4", "open-ended", "Which technique?", "Fresco"),
            ("Computer_Science/3.mp4", "open-ended", "Which search?", "Depth-First Search (DFS)"),
            ("Mechanics/1.mp4", "open-ended", "How many newtons?", "12.5"),
        ],
        start=1,
    )
]


def make_mmvu(root: Path, layout: str = "JSON", *, clips: bool = True) -> Path:
    """Layouts: "JSON", of the authors; "Parquet" and "Parquet of another name", of the copy, with `video_path`."""
    if layout == "JSON":
        put_json(root / "validation.json", MMVU_ROWS)
    else:
        rows = [
            {name: value for name, value in row.items() if name not in ("video", "metadata")}
            | {"video_path": row["video"].partition("/main/")[2]}
            for row in MMVU_ROWS
        ]
        name = "validation-00000-of-00001" if layout == "Parquet" else "mmvu"
        put_parquet(root / "data" / f"{name}.parquet", rows)
    for number, row in enumerate(MMVU_ROWS if clips else []):
        put_clip(root / row["video"].partition("/main/")[2], number)
    return root


# --- VCR-Bench -------------------------------------------------------------------------------------------------------

_FEELINGS = {"A": "Fear", "B": "Joy", "C": "It's late", "D": 'He says "go"'}
_NOTHING = dict.fromkeys("ABCD", "")
VCR_ROWS: list[dict[str, Any]] = [
    {"id": number, "video_path": f"video/demo/{number % 5}.mp4", "duration": duration, "dimension": dimension}
    | {"question": question, "multiple-choice": bool(choices), "choices": choices or _NOTHING, "answer": gold}
    | {"reasoning": ["1. He sees it.", "2. So he runs."]}
    for number, (duration, dimension, question, choices, gold) in enumerate(
        [
            (30, "Video Plot Analysis", 'Why run?A. Fear\nB. Joy\nC. It\'s late\nD. He says "go"\n', _FEELINGS, "A"),
            (60, "Video Plot Analysis", "Why stop?", _FEELINGS, "B"),
            (61, "Video Knowledge Reasoning", "Why sit?", {"A": "Tired", "B": "Told to"}, "B"),
            (300, "Video Knowledge Reasoning", "Why go?", _FEELINGS, "D"),
            (301, "Fundamental Temporal Reasoning", "Why stay?", _FEELINGS, "C"),
            (20, "Video Temporal Grounding", "When does he run?", None, "[10, 20]"),
            (20, "Video Temporal Grounding", "When does he sit?", None, "[0.0, 10.0]"),
            (20, "Video Temporal Grounding", "When does he stop?", None, "[10, 20]"),
            (90, "Video Spatial Grounding", "Where is the cup?", None, "[0, 0, 10, 10]"),
            (90, "Video Spatial Grounding", "Where is the hat?", None, "[0, 0, 10, 10]"),
            (400, "Temporal Spatial Reasoning", "In which room?", None, "Kitchen"),
            (400, "Temporal Spatial Reasoning", "In which other room?", None, "Living room"),
        ]
    )
]


def make_vcr_bench(root: Path, layout: str = "JSON", *, clips: bool = True) -> Path:
    """Layouts: "JSON" below `v1/videos/`; "table": a TSV at the root, whose paths start there."""
    if layout == "JSON":
        put_json(root / "v1" / "videos" / "meta_info_video.json", VCR_ROWS)
    else:
        import csv

        root.mkdir(parents=True, exist_ok=True)
        with (root / "VCR-Bench.tsv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, ["index", *VCR_ROWS[0]], delimiter="\t")
            writer.writeheader()
            for number, row in enumerate(VCR_ROWS):
                writer.writerow({"index": number} | row | {"video_path": f"v1/videos/{row['video_path']}"})
    for row in VCR_ROWS if clips else []:
        put_clip(root / "v1" / "videos" / row["video_path"], int(row["id"]))
    return root


# --- MVBench ---------------------------------------------------------------------------------------------------------

_CUT_FOLDERS = {
    "star/Charades_v1_480": "star/Charades_segment",
    "sta/sta_video": "sta/sta_video_segment",
    "tvqa/frames_fps3_hq": "tvqa/video_fps3_hq_segment",
    "ssv2_video": "ssv2_video_mp4",
    "nturgbd": "nturgbd_convert",
}
_MVBENCH_SUFFIX = {"ssv2_video": ".webm", "nturgbd": ".avi", "tvqa/frames_fps3_hq": ""}


def mvbench_rows() -> dict[str, list[dict[str, Any]]]:
    """One question a task; two in action_sequence, whose second repeats a candidate."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for number, (task, where) in enumerate(MVBENCH_TASKS.items()):
        row: dict[str, Any] = {"video": f"{number}{_MVBENCH_SUFFIX.get(where.folder, '.mp4')}"}
        row |= {"question": f"What of {task}?", "candidates": ["Sat", "Ran", "Fell"], "answer": "Ran"}
        rows[task] = [row | ({"start": 0.5, "end": 1.5} if where.bounded else {})]
    twice = {"candidates": ["Sat", "Ran", "Ran"], "question": "What of a repeated one?"}
    rows["action_sequence"].append(rows["action_sequence"][0] | twice)
    return rows


def make_mvbench(root: Path, layout: str = "branch main", *, clips: bool = True, ntu: bool = False) -> Path:
    """Layouts: "branch main", where one video lies in `data0613` alone; "branch video".

    The videos of fine_grained_pose, which nobody hosts, are there only with `ntu`.
    """
    rows = mvbench_rows()
    main = layout == "branch main"
    for task, listed in rows.items() if main else []:
        put_json(root / "json" / f"{task}.json", listed)
    folders = {
        task: where.folder if main else _CUT_FOLDERS.get(where.folder, where.folder)
        for task, where in MVBENCH_TASKS.items()
    }
    if not main:
        for task in ("episodic_reasoning", "action_antonym", "fine_grained_pose"):
            for row in rows[task]:
                row["video"] = row["video"].partition(".")[0] + ".mp4"
        put_json(root / "test.json", {"root": folders, "meta": rows})
    for number, (task, listed) in enumerate(rows.items() if clips else []):
        if task == "fine_grained_pose" and not ntu:
            continue
        folder = root / "video" if main else root
        if main and task == "object_interaction":
            folder = folder / "data0613"
        for row in listed:
            path = folder / folders[task] / row["video"]
            if main and MVBENCH_TASKS[task].frames:
                put_frames(path)
            else:
                put_clip(path, number)
    return root


# --- TempCompass -----------------------------------------------------------------------------------------------------

_MC = "What happens?\nA. lifts\nB. drops\nC. turns"
_CAPTIONS = "Which caption fits?\nCaption A: It lifts.\nCaption B: It drops."
_NUMBERED = "Which sentence fits?\nOption 1: It lifts.\nOption 2: It drops."
_SENTENCES = "Which sentence fits?\nSentence A: It lifts.\nSentence B: It drops."
_ASKED = {"mc_question": _MC, "mc_answer": "A. lifts", "answer": "A thing lifts."}
TEMPCOMPASS_ROWS: dict[str, list[dict[str, Any]]] = {
    "multi-choice": [
        {"video_id": "1", "question": _MC, "answer": "B. drops", "dim": "action"},
        {"video_id": "1", "question": _MC, "answer": "C. turns", "dim": "action"},
        {"video_id": "1_reverse", "question": _MC, "answer": "A. lifts", "dim": "order"},
        {"video_id": "2", "question": "How fast?\nA. slowly\nB. fast", "answer": "B. fast", "dim": "speed"},
    ],
    "yes_no": [
        {"video_id": "1", "question": "Does it drop?", "answer": "yes", "dim": "action"},
        {"video_id": "2", "question": "Is it slow?", "answer": "no", "dim": "speed"},
        {"video_id": "2", "question": "Is it fast?", "answer": "yes", "dim": "speed"},
    ],
    "caption_matching": [
        {"video_id": "1", "question": _CAPTIONS, "answer": "Caption B: It drops.", "dim": "action"},
        {"video_id": "1", "question": _NUMBERED, "answer": "Option 2: It drops.", "dim": "direction"},
        {"video_id": "2", "question": _SENTENCES, "answer": "Sentence A: It lifts.", "dim": "attribute_change"},
    ],
    "captioning": [
        {"video_id": "1_reverse", "question": "Describe it.", "dim": "action"} | _ASKED,
        {"video_id": "2", "question": "Describe it.", "dim": "order"} | _ASKED,
    ],
}


def make_tempcompass(root: Path, layout: str = "Parquet", *, clips: bool = True) -> Path:
    """Layouts: "Parquet"; "authors' repository", with `questions/` and `meta_info.json`."""
    for task in TEMPCOMPASS_TASKS:
        rows = TEMPCOMPASS_ROWS[task]
        if layout == "Parquet":
            put_parquet(root / task / "test-00000-of-00001.parquet", rows)
            continue
        nested: dict[str, dict[str, list[dict[str, Any]]]] = {}
        for row in rows:
            bare = {name: value for name, value in row.items() if name not in ("video_id", "dim")}
            nested.setdefault(row["video_id"], {}).setdefault(row["dim"], []).append(bare)
        put_json(root / "questions" / f"{task}.json", nested)
        put_json(root / "meta_info.json", {})
    for number, video in enumerate(("1", "1_reverse", "2") if clips else ()):
        put_clip(root / "videos" / f"{video}.mp4", number)
    return root


# --- Video-MME -------------------------------------------------------------------------------------------------------

_COLOURS = ["A. Red.", "B. Blue.", "C. Green.", "D. Grey."]
VIDEO_MME_ROWS: list[dict[str, Any]] = [
    {"video_id": f"{video:03d}", "duration": duration, "domain": domain, "sub_category": domain.lower()}
    | {"url": f"https://youtube.invalid/v{video}", "videoID": f"vid-{video}", "question_id": f"{video:03d}-{number}"}
    | {"task_type": task, "question": f"Colour {number}?", "options": _COLOURS, "answer": "ABCD"[(video + number) % 4]}
    for video, (duration, domain) in enumerate(
        [("short", "Knowledge"), ("medium", "Knowledge"), ("long", "Life Record"), ("short", "Multilingual")], start=1
    )
    for number, task in enumerate(("Attribute Perception", "OCR Problems", "Counting Problem"), start=1)
]


def make_video_mme(root: Path, layout: str = "Parquet", *, clips: bool = True, folder: str = "data") -> Path:
    """Layouts: "Parquet" in `videomme/`, "Parquet at the root"; the third video is .MP4, the fourth .mkv."""
    place = root / "videomme" if layout == "Parquet" else root
    put_parquet(place / "test-00000-of-00001.parquet", VIDEO_MME_ROWS)
    for video, suffix in enumerate((".mp4", ".mp4", ".MP4", ".mkv") if clips else (), start=1):
        put_clip(root / folder / f"vid-{video}{suffix}", video)
    (root / "subtitle").mkdir()
    (root / "subtitle" / "vid-1.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nHello.\n", encoding="utf-8")
    return root


# --- Video-R1 --------------------------------------------------------------------------------------------------------

_ANN = ["A. Ann", "B. Bo", "C. Cy"]
VIDEO_R1_ROWS: dict[str, list[dict[str, Any]]] = {
    subset: [
        {"problem_id": number, "problem": f"Who of {subset} {number}?", "data_type": data_type, "problem_type": kind}
        | {"options": options, "solution": f"<answer>{gold}</answer>", "path": path, "data_source": subset}
        for number, (data_type, kind, options, gold, path) in enumerate(rows, start=1)
    ]
    for subset, rows in {
        "vsibench": [
            ("video", "multiple choice", _ANN, "A", "./VSI/a.mp4"),
            ("video", "multiple choice", _ANN, "B", "./Evaluation/VSI/b.mp4"),
            ("video", "regression", [], "2", "./VSI/a.mp4"),
            ("video", "regression", [], "10", "./VSI/b.mp4"),
        ],
        "mvbench": [("video", "multiple choice", _ANN, "C", "./MVBench/a.mp4")],
        "tempcompass": [("video", "multiple choice", _ANN, "B", "./TempCompass/a.mp4")],
        "videomme": [("video", "multiple choice", _ANN, "A", "./VideoMME/a.mp4")],
        "videommmu": [
            ("video", "multiple choice", _ANN, "A", "./VideoMMMU/a.mp4"),
            ("video", "numerical", [], "12.50", "./VideoMMMU/a.mp4"),
            ("image", "OCR", [], "STOP", "./VideoMMMU/a.png"),
        ],
        "mmvu": [("video", "multiple choice", _ANN, "C", "./MMVU/a.mp4")],
    }.items()
}


def make_video_r1_eval(root: Path, layout: str = "files", *, clips: bool = True) -> Path:
    """Layouts: "files"; "Video-R1's tree", below `src/r1-v/Evaluation/`."""
    folder = root if layout == "files" else root / "src" / "r1-v" / "Evaluation"
    for subset, rows in VIDEO_R1_ROWS.items():
        put_json(folder / f"eval_{subset}.json", rows)
        for number, row in enumerate(rows if clips else []):
            path = folder / row["path"].removeprefix("./").removeprefix("Evaluation/")
            if row["data_type"] == "video":
                put_clip(path, number)
            else:
                put_frames(path.parent / "pictures", 1)
                shutil.move(path.parent / "pictures" / "00001.jpg", path)
    return root


MAKERS: dict[str, Callable[..., Path]] = {
    "vsi-bench": make_vsi_bench,
    "videommmu": make_video_mmmu,
    "mmvu": make_mmvu,
    "vcr-bench": make_vcr_bench,
    "mvbench": make_mvbench,
    "tempcompass": make_tempcompass,
    "video-mme": make_video_mme,
    "video-r1-eval": make_video_r1_eval,
}
"""The functions by the benchmarks' names; each takes the folder, the layout's name, and `clips=False` for none."""

LAYOUTS: dict[str, tuple[str, ...]] = {
    "vsi-bench": ("Parquet", "JSON Lines", "debiased release"),
    "videommmu": ("Parquet", "JSON"),
    "mmvu": ("JSON", "Parquet", "Parquet of another name"),
    "vcr-bench": ("JSON", "table"),
    "mvbench": ("branch main", "branch video"),
    "tempcompass": ("Parquet", "authors' repository"),
    "video-mme": ("Parquet", "Parquet at the root"),
    "video-r1-eval": ("files", "Video-R1's tree"),
}
