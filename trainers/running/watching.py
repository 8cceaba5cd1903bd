"""`RewardWatch`: what replies to held-out problems earn while a model is trained, alike in both stages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from transformers import Trainer, TrainerCallback

from p2r_rewards.config import RewardConfig
from p2r_rewards.judges.opening import open_judge
from p2r_rewards.judges.synchronous import judge_sync
from p2r_rewards.rollouts.rollout import KnownProblem
from p2r_rewards.trainers.recipes.recipe import Recipe
from p2r_rewards.trainers.trl.media import MediaReader, RowInputs, join_fields
from p2r_rewards.trainers.trl.metrics import component_metrics
from p2r_rewards.trainers.trl.rows import CompletionReader, ProblemReader, Row, item_of
from p2r_rewards.trainers.trl.scoring import numbers, score


class RewardWatch(TrainerCallback):
    """Logs the means of perception and reasoning rewards on held-out problems, under `watch/`.

    The numbers have the names that `PAGRPOTrainer` logs. Training's own sampling is not touched: a watched run trains
    as any other.

    Args:
        recipe: Its `watch`, `video`, `judge`, `rewards` and `seed`.
        processor: The model's.
        problems: Rows of the stage "rl".
        log: Takes what was found.
    """

    def __init__(self, recipe: Recipe, processor: Any, problems: Any, log: Callable[[dict[str, float]], None]) -> None:
        assert recipe.watch is not None
        self._watch, self._seed = recipe.watch, recipe.seed
        self._rewards = RewardConfig.from_mapping(recipe.rewards)
        self._judge = None if recipe.judge is None else open_judge(recipe.judge)
        video = recipe.video
        reader = MediaReader(
            processor,
            recipe.model_type,
            frames=video.frames,
            min_pixels=video.min_pixels,
            max_pixels=video.max_pixels,
        )
        read = ProblemReader({})
        chosen = [problems[row] for row in range(min(len(problems), recipe.watch.rows))]
        self._problems = [(read(row), reader.read(row["prompt"])) for row in chosen]
        words = processor.tokenizer
        self._read = CompletionReader(words, {words.eos_token_id, words.pad_token_id}, self._rewards.template, None)
        self._pad, self._eos = words.pad_token_id, words.eos_token_id
        self._log = log

    def on_train_begin(self, args: Any, state: Any, control: Any, **named: Any) -> None:
        """Looks at the model as it comes."""
        if state.global_step == 0:
            self._look(named["model"], args.per_device_eval_batch_size, state.is_world_process_zero)

    def on_step_end(self, args: Any, state: Any, control: Any, **named: Any) -> None:
        """Looks every so many steps, and at the end."""
        if state.global_step % self._watch.every == 0 or state.global_step == state.max_steps:
            self._look(named["model"], args.per_device_eval_batch_size, state.is_world_process_zero)

    def _look(self, model: Any, batch: int, logs: bool) -> None:
        rows = self.replies(model, batch)
        items = [item_of(row) for row in rows]
        asked = [item for item in items if item is not None]
        verdicts = iter(judge_sync(self._judge, asked) if self._judge is not None and asked else [])
        scored = [
            score(row, None if item is None or self._judge is None else next(verdicts), self._rewards)
            for row, item in zip(rows, items, strict=True)
        ]
        found = component_metrics(torch.tensor([numbers(one) for one in scored]))
        if logs:
            self._log({f"watch/{name}": value for name, value in found.items() if name.endswith("/mean")})

    def replies(self, model: Any, batch: int = 1) -> list[Row]:
        """A reply to each problem, so many at a time; of the same chances at each look."""
        rows: list[Row] = []
        with _apart(model, self._seed):
            for start in range(0, len(self._problems), batch):
                rows += self._reply(model, self._problems[start : start + batch])
        return rows

    def _reply(self, model: Any, problems: list[tuple[KnownProblem, RowInputs]]) -> list[Row]:
        width = max(len(inputs.ids) for _, inputs in problems)
        ids = torch.full((len(problems), width), self._pad)
        known = torch.zeros_like(ids)
        for row, (_, inputs) in enumerate(problems):
            ids[row, width - len(inputs.ids) :] = torch.tensor(inputs.ids)
            known[row, width - len(inputs.ids) :] = 1
        fields = {"attention_mask": known, **join_fields([inputs.fields for _, inputs in problems], width)}
        temperature = self._watch.temperature
        sampling = {"do_sample": True, "temperature": temperature, "top_k": 0, "top_p": 1.0} if temperature else {}
        told = model.generate(
            input_ids=ids.to(model.device),
            **{name: value.to(model.device) for name, value in fields.items()},
            **{"do_sample": False, **sampling},
            max_new_tokens=self._watch.max_new_tokens,
            pad_token_id=self._pad,
            eos_token_id=self._eos,
        )
        return [
            self._read(problem, inputs.ids, reply)
            for (problem, inputs), reply in zip(problems, told[:, width:].tolist(), strict=True)
        ]


def log_beside(trainer: Trainer, found: dict[str, float]) -> None:
    """Logs, and leaves the step's own log due: TRL's `log` would flush the step's metrics, and transformers drop it."""
    due = trainer.control.should_log
    Trainer.log(trainer, found)
    trainer.control.should_log = due


@contextmanager
def _apart(model: Any, seed: int) -> Iterator[None]:
    """Evaluation with chances of its own: model and random numbers are then as they were."""
    was_training, device = model.training, model.device
    model.eval()
    try:
        with torch.no_grad(), torch.random.fork_rng([device] if device.type == "cuda" else []):
            torch.manual_seed(seed)
            yield
    finally:
        model.train(was_training)
