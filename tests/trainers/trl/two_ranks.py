"""Started by torchrun: a group lies over both ranks; each rank checks its own rows and writes what it saw."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from tests import torchvision_on_cpu

torchvision_on_cpu.install()

import torch  # noqa: E402

from p2r_rewards.judges.verdict import JudgeItem, Verdict  # noqa: E402
from tests.trainers.trl import test_credit, test_video_training, tiny  # noqa: E402


def train_with_video(folder: Path) -> None:
    """Groups of mixed modalities over both ranks, some batches without any media."""
    messages = json.loads((folder / "messages.json").read_text())
    trainer = test_video_training.open_model(
        "qwen2_5_vl",
        folder / "video",
        messages,
        per_device_train_batch_size=2,
        steps_per_generation=6,
        max_steps=6,
        beta=0.1,
    )
    trainer.train()
    seeing = test_video_training.check_passes("qwen2_5_vl", trainer, messages, trainer.passes[:1] + trainer.passes[-1:])
    total = float(sum(one.double().sum() for one in trainer.model.parameters()))
    found = {"seeing": seeing, "total": total}
    (folder / f"video{os.environ['RANK']}.json").write_text(json.dumps(found))


async def fails_on_the_second_rank(items: Sequence[JudgeItem]) -> list[Verdict]:
    if os.environ["RANK"] == "1":
        message = "a bug"
        raise RuntimeError(message)
    return await tiny.truth(items)


def train_without_half_of_the_verdicts(folder: Path) -> None:
    """The judge fails on one rank only: the other must not wait forever."""
    trainer = tiny.ScriptedPAGRPO(
        str(folder / "model"),
        args=tiny.config(folder / "failing", rewards={"length": "off"}, per_device_train_batch_size=2, max_steps=2),
        judge=fails_on_the_second_rank,
        train_dataset=tiny.dataset(list(test_credit.SCRIPT)),
        processing_class=tiny.tokenizer(),
    )
    trainer.script = test_credit.SCRIPT
    recorder = tiny.Recorder()
    trainer.add_callback(recorder)
    trainer.train()
    (folder / f"failing{os.environ['RANK']}.json").write_text(json.dumps(recorder.logs[:2]))


def main(folder: Path, length: str) -> None:
    rank = int(os.environ["RANK"])
    trainer = test_credit.Recording(
        str(folder / "model"),
        args=tiny.config(
            folder / length,
            rewards={"length": length},
            per_device_train_batch_size=2,  # of a group of 4
            max_steps=4,
            log_completions=True,
        ),
        judge=tiny.truth,
        train_dataset=tiny.dataset(list(test_credit.SCRIPT)),
        processing_class=tiny.tokenizer(),
    )
    trainer.script, trainer.calls = test_credit.SCRIPT, []
    recorder = tiny.Recorder()
    trainer.add_callback(recorder)
    trainer.train()
    if length == "off":
        for inputs, *_ in trainer.calls:
            test_credit.check_rows(trainer, inputs, test_credit.expected())
    texts = [test_credit.text_of(trainer, inputs, row) for inputs, *_ in trainer.calls for row in range(2)]
    (folder / f"{length}{rank}.json").write_text(json.dumps({"texts": texts, "logs": recorder.logs[:4]}))


if __name__ == "__main__":
    torch.set_num_threads(1)
    for one in ("off", "dynamic"):
        main(Path(sys.argv[1]), one)
    train_without_half_of_the_verdicts(Path(sys.argv[1]))
    train_with_video(Path(sys.argv[1]))
