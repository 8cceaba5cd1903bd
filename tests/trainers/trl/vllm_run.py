"""Started by test_vllm.py: trains with vLLM beside the trainer, and compares its log-probabilities with the passes'."""

from __future__ import annotations

import functools
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[3]))

from tests import torchvision_on_cpu

torchvision_on_cpu.install()
torchvision_on_cpu.install_for_children()  # vLLM looks at models in processes of its own

import torch  # noqa: E402
from transformers import AutoModelForImageTextToText, TrainerCallback  # noqa: E402
from trl.generation import vllm_generation  # noqa: E402
from vllm.model_executor.layers import utils as layers  # noqa: E402

from p2r_rewards.trainers.trl import PAGRPOTrainer, use_classic_positions  # noqa: E402
from tests.trainers.trl import test_video_training, tiny, tiny_vision  # noqa: E402

SUPPRESSED = [tiny_vision.IDS["image_token_id"], tiny_vision.IDS["video_token_id"]]


class Recording(PAGRPOTrainer):
    """Keeps what each generation gave, and the weights that it was done with."""

    def _generate_and_score_completions(self, inputs: Any) -> Any:
        output = super()._generate_and_score_completions(inputs)
        questions = [test_video_training.question(example["prompt"]) for example in inputs]
        self.outputs.append((questions, dict(output), weights_of(self.accelerator.unwrap_model(self.model))))
        return output


def weights_of(model: Any) -> dict[str, torch.Tensor]:
    """A copy of the weights, with LoRA's adapter merged."""
    merges = hasattr(model, "merge_adapter")
    if merges:
        model.merge_adapter()
    weights = {
        name.removeprefix("base_model.model.").replace(".base_layer", ""): value.clone()
        for name, value in model.state_dict().items()
        if "lora_" not in name
    }
    if merges:
        model.unmerge_adapter()
    return weights


class Moving(TrainerCallback):
    """Moves all weights after each step, far more than random completions would."""

    def on_step_end(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:
        torch.manual_seed(state.global_step)
        with torch.no_grad():
            for weights in model.parameters():
                if weights.requires_grad:
                    weights += 0.05 * torch.randn_like(weights)


def keep_weights(layer: torch.nn.Module, remove_weight: bool) -> None:
    """On CPU vLLM packs weights when it has loaded them, and can't take new ones; on GPUs it leaves them as here."""
    layer.cpu_linear = torch.nn.functional.linear


def main(kind: str, folder: Path, lora: bool) -> None:
    layers.dispatch_cpu_unquantized_gemm = keep_weights
    # vLLM makes float32 models half as exact, and compiles them, which takes minutes here.
    vllm_generation.LLM = functools.partial(vllm_generation.LLM, dtype="float32", enforce_eager=True)
    messages = test_video_training.prompts(folder)
    tiny_vision.save_model(kind, folder / "model", head=32)
    tiny_vision.processor(kind).save_pretrained(folder / "model")
    more: dict[str, Any] = {}
    if lora:
        from peft import LoraConfig

        more["peft_config"] = LoraConfig(target_modules=["q_proj", "v_proj", "qkv"], r=2, init_lora_weights=False)
    trainer = Recording(
        str(folder / "model"),
        args=tiny.config(
            folder,
            rewards={"length": "off"},
            use_vllm=True,
            vllm_mode="colocate",
            vllm_max_model_length=512,
            vllm_gpu_memory_utilization=0.1,
            per_device_train_batch_size=4 * len(messages),
            max_completion_length=12,
            max_steps=2,
            beta=0.1,
            **test_video_training.PIXELS,
        ),
        judge=tiny.truth,
        train_dataset=test_video_training.dataset(messages),
        processing_class=tiny_vision.processor(kind),
        callbacks=[Moving()],
        **more,
    )
    trainer.outputs = []
    recorder = tiny.Recorder()
    trainer.add_callback(recorder)
    trainer.train()
    by_question = {test_video_training.question(prompt): prompt for prompt in messages}
    found = []
    model = AutoModelForImageTextToText.from_pretrained(str(folder / "model"), dtype=torch.float32)
    use_classic_positions(model)
    for step, (questions, output, weights) in enumerate(trainer.outputs):
        model.load_state_dict(weights)
        for row, question in enumerate(questions):
            mask = output["completion_mask"][row].bool()
            completion = output["completion_ids"][row][mask]
            alone = functools.partial(test_video_training.independent, kind, model, by_question[question], completion)
            sampled = output["sampling_per_token_logps"][row][mask]
            trained = output["old_per_token_logps"][row][mask]
            found.append(
                {
                    "step": step,
                    "question": question,
                    "sampled": (sampled - alone(suppressed=SUPPRESSED)).abs().max().item(),
                    "blind": (sampled - alone(suppressed=SUPPRESSED, blind=True)).abs().max().item(),
                    "trained": (trained - alone()).abs().max().item(),
                    "media": any(one in completion.tolist() for one in SUPPRESSED),
                }
            )
    (folder / "found.json").write_text(json.dumps({"rows": found, "logs": recorder.logs[:2]}))


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3] == "lora")
