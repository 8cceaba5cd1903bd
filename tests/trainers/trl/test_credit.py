"""Each token carries its own process's advantage, and TRL's loss makes of it what the paper's objective says."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import pytest
import torch

from p2r_rewards.trainers.trl import PAGRPOConfig
from tests.trainers.trl import tiny

# Each completion once: its text, R_P and R_R, told by hand. "…" is cut off before its end.
BEHAVIOUR: dict[str, list[tuple[str, float, float]]] = {
    "apart": [
        (tiny.reply("good", "a"), 2.0, 2.0),
        (tiny.reply("good", "ab", "A"), 2.0, 1.0),
        (tiny.reply("bad", "abc"), 1.0, 2.0),
        (tiny.reply("bad", "abcd", "A"), 1.0, 1.0),
    ],
    "no verdict": [
        (tiny.reply("dark", "a"), float("nan"), 2.0),
        (tiny.reply("good", "xyz", "A"), 2.0, 1.0),
        (tiny.reply("bad", "abc", "A", between="\n\n"), 1.0, 1.0),
        (tiny.reply("dark", "q", "A"), float("nan"), 1.0),
    ],
    "malformed": [
        ("<think>x</think><answer>B</answer>", 0.0, 2.0),  # blame for the missing observation on its opening tag
        ("good <observation>good</observation><think>x</think><answer>B</answer>", 1.0, 2.0),
        (tiny.reply("good", "y", "A"), 2.0, 1.0),
        ("<observation>good</observation><think>went on and on…", 2.0, 0.0),
    ],
    "tie": [(tiny.reply("good", "t" * one), 2.0, 2.0) for one in range(1, 5)],
}
SCRIPT = {prompt: [text for text, *_ in rows] for prompt, rows in BEHAVIOUR.items()}


def normalise(rewards: list[float]) -> list[float]:
    known = torch.tensor([one for one in rewards if one == one], dtype=torch.float64)
    if len(known) < 2 or known.max() - known.min() < 1e-6:
        return [0.0] * len(rewards)
    return [0.0 if one != one else float((one - known.mean()) / (known.std() + 1e-4)) for one in rewards]


def spread(text: str, perception: float | None, reasoning: float, *, orphans: str = "mean") -> list[float]:
    """What each character and the end carries: by plain patterns, on texts whose tags are all in place."""
    bare = text.rstrip("…")
    known = [one for one in (perception, reasoning) if one is not None]
    orphan = sum(known) / len(known) if orphans == "mean" else 0.0
    carried = [orphan] * len(bare)
    for pattern, value in (
        (r"<observation>.*?</observation>", perception or 0.0),
        (r"<think>.*?(</think>|$)|<answer>.*?</answer>", reasoning),
    ):
        for match in re.finditer(pattern, bare):
            carried[match.start() : match.end()] = [value] * len(match[0])
    if "<observation>" not in bare:
        start = bare.index("<think>")
        carried[start : start + len("<think>")] = [orphan] * len("<think>")
    return carried + ([] if text.endswith("…") else [reasoning])


def expected(orphans: str = "mean") -> dict[str, list[float]]:
    found = {}
    for rows in BEHAVIOUR.values():
        perception, reasoning = (normalise([row[k] for row in rows]) for k in (1, 2))
        for (text, own, _), p, r in zip(rows, perception, reasoning, strict=True):
            found[text.rstrip("…")] = spread(text, None if own != own else p, r, orphans=orphans)
    return found


class Recording(tiny.ScriptedPAGRPO):
    """Keeps what each loss call saw, the model as it was, and the loss."""

    def _compute_loss(self, model: Any, inputs: Any) -> Any:
        before = copy.deepcopy(self.accelerator.unwrap_model(model).state_dict())
        loss = super()._compute_loss(model, inputs)
        self.calls.append(({**inputs}, before, loss.detach().clone(), model.training))
        return loss


def make(tmp_path: Path, model: str = "", **options: Any) -> Any:
    trainer = Recording(
        model or tiny.save_model(tmp_path / "model"),
        args=tiny.config(tmp_path, rewards=options.pop("rewards", {"length": "off"}), **options),
        judge=tiny.truth,
        train_dataset=tiny.dataset(list(SCRIPT)),
        eval_dataset=tiny.dataset(list(SCRIPT)),
        processing_class=tiny.tokenizer(),
        peft_config=options.get("peft_config"),
    )
    trainer.script, trainer.calls = SCRIPT, []
    return trainer


def text_of(trainer: Any, inputs: Any, row: int) -> str:
    ids = inputs["completion_ids"][row].tolist()
    return str(trainer._tokenizer.decode([one for one in ids if one not in (tiny.PAD, tiny.END)]))


def check_rows(trainer: Any, inputs: Any, carried: dict[str, list[float]]) -> None:
    for row, advantages in enumerate(inputs["advantages"]):
        want = torch.zeros(len(advantages))
        mine = carried[text_of(trainer, inputs, row)]
        want[: len(mine)] = torch.tensor(mine)
        torch.testing.assert_close(advantages, want, rtol=0, atol=1e-6)


LAYOUTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "zero orphans": {"orphans": "zero"},
    "steps a generation": {"steps_per_generation": 4, "per_device_train_batch_size": 4, "max_steps": 4},
    "iterations, accumulation": {
        "num_iterations": 2,
        "gradient_accumulation_steps": 4,
        "per_device_train_batch_size": 2,
    },
    "padding": {"pad_to_multiple_of": 32},
    "reference": {"beta": 0.1},
}


@pytest.mark.parametrize("options", LAYOUTS.values(), ids=LAYOUTS)
def test_each_token_carries_its_own_processes_advantage(options: dict[str, Any], tmp_path: Path) -> None:
    trainer = make(tmp_path, **options)
    trainer.train()
    seen = set()
    for inputs, *_ in trainer.calls:
        check_rows(trainer, inputs, expected(options.get("orphans", "mean")))
        seen |= {text_of(trainer, inputs, row) for row in range(len(inputs["advantages"]))}
    assert len(seen) >= 8


def test_evaluation_credits_too(tmp_path: Path) -> None:
    trainer = make(tmp_path, num_generations_eval=4)
    trainer.evaluate()
    assert len(trainer.calls) == 2
    for inputs, *_ in trainer.calls:
        check_rows(trainer, inputs, expected())
        assert inputs["advantages"].abs().max() > 0.5


def test_one_generation_in_evaluation_has_nothing_to_compare_with(tmp_path: Path) -> None:
    trainer = make(tmp_path, num_generations_eval=1, per_device_eval_batch_size=4)
    trainer.evaluate()
    assert not trainer.calls[0][0]["advantages"].any()


def test_lora(tmp_path: Path) -> None:
    from peft import LoraConfig

    trainer = Recording(
        tiny.save_model(tmp_path / "model"),
        args=tiny.config(tmp_path, rewards={"length": "off"}, beta=0.1),
        judge=tiny.truth,
        train_dataset=tiny.dataset(list(SCRIPT)),
        processing_class=tiny.tokenizer(),
        peft_config=LoraConfig(target_modules=["q_proj", "v_proj"], r=2),
    )
    trainer.script, trainer.calls = SCRIPT, []
    trainer.train()
    assert len(trainer.calls) == 2
    for inputs, *_ in trainer.calls:
        check_rows(trainer, inputs, expected())


def logps(state: Any, trainer: Any, inputs: Any) -> Any:
    """Log-probabilities by a forward pass a row, without padding."""
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(trainer.model.name_or_path)
    model.load_state_dict(state)
    table = torch.zeros(inputs["completion_ids"].shape)
    for row in range(len(table)):
        prompt = inputs["prompt_ids"][row][inputs["prompt_mask"][row].bool()]
        completion = inputs["completion_ids"][row][inputs["completion_ids"][row] != tiny.PAD]
        ids = torch.cat([prompt, completion])
        with torch.no_grad():
            scores = model(ids[None]).logits[0, len(prompt) - 1 : -1].log_softmax(-1)
        table[row, : len(completion)] = scores.gather(1, completion[:, None])[:, 0]
    return table


def objective(own: Any, old: Any, ref: Any, inputs: Any, trainer: Any) -> Any:
    """The loss of one call, from the log-probabilities: Eq. 7, as each loss type counts it."""
    args, a, mask = trainer.args, inputs["advantages"], inputs["completion_mask"]
    ratio = (own - old).exp()
    if args.loss_type == "cispo":
        gain = ratio.clamp(max=0.2) * a * own  # TRL clips at epsilon_high itself
    elif args.loss_type == "sapo":
        tau = torch.where(a > 0, args.sapo_temperature_pos, args.sapo_temperature_neg)
        gain = torch.sigmoid(tau * (ratio - 1)) * 4 / tau * a
    else:
        gain = torch.minimum(ratio * a, ratio.clamp(0.8, 1.2) * a)
    kl = (ref - own).exp() - (ref - own) - 1
    loss = args.beta * kl * (ratio if args.use_bias_correction_kl else 1.0) - gain
    if args.loss_type in ("grpo", "sapo"):
        return ((loss * mask).sum(1) / mask.sum(1)).mean()
    if args.loss_type == "bnpo":
        return (loss * mask).sum() / mask.sum()
    if args.loss_type == "dr_grpo":
        return (loss * mask).sum() / (len(loss) * args.max_completion_length)
    return (loss * mask).sum() / inputs["num_items_in_batch"] * args.steps_per_generation


@pytest.mark.parametrize("corrected", [False, True], ids=["", "KL corrected"])
@pytest.mark.parametrize("loss_type", ["grpo", "bnpo", "dapo", "dr_grpo", "cispo", "sapo"])
def test_the_objective_is_derived_apart(loss_type: str, corrected: bool, tmp_path: Path) -> None:
    options = {"num_iterations": 2, "max_steps": 4, "steps_per_generation": 2, "learning_rate": 0.02}
    trainer = make(tmp_path, loss_type=loss_type, beta=0.1, use_bias_correction_kl=corrected, **options)
    trainer.train()
    first = trainer.calls[0][1]
    moved = 0.0
    for inputs, state, loss, _ in trainer.calls:
        assert inputs["advantages"].dim() == 2
        own, old = logps(state, trainer, inputs), logps(first, trainer, inputs)
        moved = max(moved, float((own - old).abs().max()))
        torch.testing.assert_close(loss, objective(own, old, old, inputs, trainer), rtol=2e-4, atol=1e-5)
    assert moved > 0.2  # ratios left the clipping range


def segment_target(trainer: Any, calls: list[Any]) -> float:
    """Minus Eq. 7 with the mean over each segment's tokens, over the rows of one update, by loops; orphans at half."""
    total, rows = 0.0, 0
    for inputs, *_ in calls:
        for row in range(len(inputs["advantages"])):
            text = text_of(trainer, inputs, row)
            carried = expected()[text]
            ended = tiny.END in inputs["completion_ids"][row].tolist()
            marks = spread(text + ("" if ended else "…"), 1.0, 2.0)
            rows += 1
            if not inputs["completion_mask"][row].any():
                continue
            for value in (1.0, 2.0, 1.5):
                of = [one for one, mark in zip(carried, marks, strict=True) if mark == value]
                if of:
                    total += sum(of) / len(of) if value != 1.5 else 2 * sum(of) / len(carried)
    return -total / rows


@pytest.mark.parametrize("masked", [False, True], ids=["", "truncated masked"])
@pytest.mark.parametrize("loss_type", ["grpo", "bnpo", "dapo", "dr_grpo", "sapo"])
def test_segment_mean_weighs_segments_alike(loss_type: str, masked: bool, tmp_path: Path) -> None:
    layout = {"gradient_accumulation_steps": 2, "steps_per_generation": 4, "per_device_train_batch_size": 4}
    options = {"reduction": "segment_mean", "max_steps": 1, "mask_truncated_completions": masked}
    trainer = make(tmp_path, loss_type=loss_type, sapo_temperature_neg=1.0, **layout, **options)
    trainer.train()
    assert len(trainer.calls) == 2
    total = sum(float(loss) for *_, loss, _ in trainer.calls)  # the ratio is 1, so l = A; half of sapo's at τ = 1
    if loss_type == "sapo":
        total /= 2
    assert total == pytest.approx(segment_target(trainer, trainer.calls), rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("mode", ["token", "sequence"])
def test_vllms_importance_ratios_weigh_what_each_token_carries(mode: str, tmp_path: Path) -> None:
    """Both kinds of ratio, as TRL takes them from vLLM: of shape (B, T), or (B, 1)."""
    trainer = make(tmp_path, loss_type="grpo", max_steps=1)
    trainer.train()
    inputs = trainer.calls[0][0]
    advantages, mask = inputs["advantages"], inputs["completion_mask"]
    ratio = torch.rand(len(mask), mask.size(1) if mode == "token" else 1, generator=torch.Generator().manual_seed(0))
    trainer.use_vllm, trainer.vllm_importance_sampling_correction = True, True
    loss = trainer._compute_loss(trainer.model, {**inputs, "importance_sampling_ratio": ratio})
    want = -((advantages * ratio * mask).sum(1) / mask.sum(1)).mean()
    torch.testing.assert_close(loss.detach(), want, rtol=1e-5, atol=1e-6)


REFUSED = {
    "luspo": ({"loss_type": "luspo"}, "loss_type"),
    "vespo": ({"loss_type": "vespo"}, "loss_type"),
    "sequence ratios": ({"importance_sampling_level": "sequence"}, "importance_sampling_level"),
    "off-policy mask": ({"off_policy_mask_threshold": 0.1}, "off_policy_mask_threshold"),
    "batch scale": ({"scale_rewards": "batch"}, "scale_rewards"),
    "no scale": ({"scale_rewards": "none"}, "scale_rewards"),
    "other sum": ({"multi_objective_aggregation": "normalize_then_sum"}, "multi_objective_aggregation"),
    "weights": ({"reward_weights": [1.0, 1.0]}, "reward_weights"),
    "unknown reduction": ({"reduction": "sum"}, "reduction"),
    "unknown orphans": ({"orphans": "none"}, "orphans"),
    "unknown field": ({"columns": {"truth": "gold"}}, "columns"),
    "prices": ({"judge_prices": [1.0]}, "judge_prices"),
    "segment means of one advantage over sequences": (
        {"rewards": {"processes": "summed"}, "reduction": "segment_mean", "loss_type": "vespo"},
        "loss_type",
    ),
}


@pytest.mark.parametrize(("options", "name"), REFUSED.values(), ids=REFUSED)
def test_what_would_silently_change_is_refused_by_name(options: dict[str, Any], name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=name):
        tiny.config(tmp_path, PAGRPOConfig, **options)


@pytest.mark.parametrize("name", ["reward_funcs", "tools", "environment_factory", "judge", "args", "columns"])
def test_arguments_that_do_not_go_together_are_refused_by_name(name: str, tmp_path: Path) -> None:
    settings: dict[str, Any] = {"args": tiny.config(tmp_path), "judge": tiny.truth}
    if name == "judge":
        settings["judge"] = None
    elif name == "args":
        settings["args"] = None
    elif name == "columns":
        settings["args"] = tiny.config(tmp_path, remove_unused_columns=True)
    else:
        settings[name] = [len]
    with pytest.raises(ValueError, match=name):
        tiny.PAGRPOTrainer("nowhere", **settings)


def test_the_configuration_may_come_from_the_command_line(tmp_path: Path) -> None:
    from transformers import HfArgumentParser

    (tmp_path / "rewards.toml").write_text('processes = "summed"\n')
    line = ["--output_dir", str(tmp_path), "--rewards", str(tmp_path / "rewards.toml"), "--use_cpu", "true"]
    (args,) = HfArgumentParser(PAGRPOConfig).parse_args_into_dataclasses([*line, "--bf16", "false"])
    assert args.reward_config.processes == "summed"
    assert not args.credits_tokens


def test_the_configuration_is_saved_with_the_arguments(tmp_path: Path) -> None:
    import json

    args = tiny.config(tmp_path, rewards={"processes": "summed", "grading": {"ocr_case": "match"}})
    saved = json.loads(args.to_json_string())
    again = tiny.config(tmp_path, rewards=saved["rewards"])
    assert again.reward_config == args.reward_config
    assert args.reward_config.grading.ocr_case == "match"
