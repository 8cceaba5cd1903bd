"""Started by torchrun: a group lies over both ranks; each rank checks its own rows and writes what it saw."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from tests import torchvision_on_cpu

torchvision_on_cpu.install()

import torch  # noqa: E402

from tests.trainers.trl import test_credit, tiny  # noqa: E402


def main(folder: Path, length: str) -> None:
    rank = int(os.environ["RANK"])
    trainer = test_credit.Recording(
        str(folder / "model"),
        args=tiny.config(
            folder / length,
            rewards={"length": length},
            per_device_train_batch_size=2,
            steps_per_generation=4,
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
    (folder / f"{length}{rank}.json").write_text(json.dumps({"texts": texts, "log": recorder.logs[:1]}))


if __name__ == "__main__":
    torch.set_num_threads(1)
    for one in sys.argv[2:]:
        main(Path(sys.argv[1]), one)
