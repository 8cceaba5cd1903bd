"""Clips of a coloured square that moves, and what there is to say of them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np

from p2r_rewards.trainers.recipes.recipe import MadeSettings

COLOURS = {"red": (220, 30, 30), "green": (30, 180, 30), "blue": (30, 60, 230), "yellow": (230, 220, 40)}
WAYS = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
QUESTIONS = {"colour": "What colour is the square?", "way": "Which way does the square move?"}
FPS = 4
PROMPT = """---
name: made
version: 1
fields: question
---
Question: {question}

Reply in this form:
<observation>what is seen</observation> <think>what follows from it</think><answer>one word</answer>
"""
"""The process-aware prompt in few words: a tiny model has few."""


class Scene(NamedTuple):
    """What a clip shows.

    Attributes:
        colour: Of the square.
        way: In which it moves.
    """

    colour: str
    way: str


def write_clip(path: Path, scene: Scene, size: int, frames: int, shift: float = 0.0) -> None:
    """An mp4 whose square moves from one side to the other; `shift`, in [-1, 1], moves its lane."""
    side = size // 3
    (across, down), room = WAYS[scene.way], size - side
    lane = round(room * (0.5 + 0.5 * shift))
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("mpeg4", rate=FPS)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = size, size, "yuv420p", 1_000_000
        for frame in range(frames):
            done = round(room * frame / max(frames - 1, 1))
            x = lane if not across else done if across > 0 else room - done
            y = lane if not down else done if down > 0 else room - done
            picture = np.full((size, size, 3), 245, np.uint8)
            picture[y : y + side, x : x + side] = COLOURS[scene.colour]
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())


def record(number: int, name: str, scene: Scene, asked: str, told: Scene, said: str) -> dict[str, Any]:
    """A record in the form of the published ones, all values text, whose trace tells `told` and answers `said`."""
    observation = (
        "Based on the question, I need to notice the square. "
        f"A {told.colour} square moves {told.way} over a white ground."
    )
    process = f"Based on the observations, the answer is {said}."
    return {
        "problem_id": str(number),
        "problem": QUESTIONS[asked],
        "options": "[]",
        "problem_type": "free-form",
        "data_type": "video",
        "data_source": "made",
        "path": f"./clips/{name}",
        "solution": f"<answer>{scene._asdict()[asked]}</answer>",
        "output": f"<observation>{observation}</observation> <think>{process}</think><answer>{said}</answer>",
    }


def make_world(settings: MadeSettings) -> dict[str, Path]:
    """Clips and records under `folder`: "cot" to learn from, "rl" of the same clips, and "held out"."""
    folder = Path(settings.folder)
    clips = folder / "clips"
    clips.mkdir(parents=True, exist_ok=True)
    chance = random.Random(settings.seed)
    rows: dict[str, list[dict[str, Any]]] = {"cot": [], "rl": [], "held-out": []}
    for number, scene in enumerate(_scenes(settings.clips + settings.held_out, chance)):
        name = f"{number:05d}.mp4"
        write_clip(clips / name, scene, settings.size, settings.frames, chance.uniform(-0.8, 0.8))
        held_out = number >= settings.clips
        for asked in QUESTIONS:
            slips = 0.0 if held_out else settings.slips
            told = _slip(scene, asked, slips, chance)
            said = _slip(scene, asked, slips, chance)._asdict()[asked]
            made = record(2 * number + (asked == "way"), name, scene, asked, told, said)
            plain = {key: value for key, value in made.items() if key != "output"}
            if held_out:
                rows["held-out"].append(plain)
            else:
                rows["cot"].append(made)
                rows["rl"].append(plain)
    (folder / "prompt.md").write_text(PROMPT, encoding="utf-8")
    written = {}
    for kind, records in rows.items():
        written[kind] = folder / f"{kind}.json"
        written[kind].write_text(json.dumps(records, indent=1), encoding="utf-8")
    return written


def _scenes(count: int, chance: random.Random) -> Iterator[Scene]:
    """Every colour with every way about as often."""
    every = [Scene(colour, way) for colour in COLOURS for way in WAYS]
    while count > 0:
        chance.shuffle(every)
        yield from every[:count]
        count -= len(every)


def _slip(scene: Scene, asked: str, share: float, chance: random.Random) -> Scene:
    """The scene, or in this share of cases one where what is asked for is another."""
    if chance.random() >= share:
        return scene
    others = [one for one in (COLOURS if asked == "colour" else WAYS) if one != scene._asdict()[asked]]
    return scene._replace(**{asked: chance.choice(others)})
