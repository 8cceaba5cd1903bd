"""`RewardWatch`: what replies earn while a model is fine-tuned, so that both stages have the same curves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from transformers import TrainerCallback

from p2r_rewards.config import RewardConfig
from p2r_rewards.judges.opening import open_judge
from p2r_rewards.judges.synchronous import judge_sync
from p2r_rewards.trainers.recipes.recipe import Recipe
from p2r_rewards.trainers.trl.media import MediaReader
from p2r_rewards.trainers.trl.metrics import component_metrics
from p2r_rewards.trainers.trl.rows import CompletionReader, ProblemReader, Row, item_of
from p2r_rewards.trainers.trl.scoring import numbers, score


class RewardWatch(TrainerCallback):
    """Logs the means of perception and reasoning rewards on held-out problems, of greedy replies.

    The numbers have the names that `PAGRPOTrainer` logs. Sampling is not touched: a watched run trains as any other.

    Args:
        recipe: Its `watch`, `video`, `judge` and `rewards`.
        processor: The model's.
        problems: Rows of the stage "rl".
        log: Takes what was found.
    """

    def __init__(self, recipe: Recipe, processor: Any, problems: Any, log: Callable[[dict[str, float]], None]) -> None:
        assert recipe.watch is not None
        self._every, self._most = recipe.watch.every, recipe.watch.max_new_tokens
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
        self._ends = {words.eos_token_id, words.pad_token_id}
        self._read = CompletionReader(words, self._ends, self._rewards.template, None)
        self._pad, self._eos = words.pad_token_id, words.eos_token_id
        self._log = log

    def on_train_begin(self, args: Any, state: Any, control: Any, **named: Any) -> None:
        """Looks at the model as it comes."""
        if state.global_step == 0:
            self._look(named["model"], state.is_world_process_zero)

    def on_step_end(self, args: Any, state: Any, control: Any, **named: Any) -> None:
        """Looks every so many steps, and at the end."""
        if state.global_step % self._every == 0 or state.global_step == state.max_steps:
            self._look(named["model"], state.is_world_process_zero)

    def _look(self, model: Any, logs: bool) -> None:
        rows = self.replies(model)
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

    def replies(self, model: Any) -> list[Row]:
        """A greedy reply to each problem."""
        was_training = model.training
        model.eval()
        rows = []
        try:
            with torch.no_grad():
                for known, inputs in self._problems:
                    ids = torch.tensor([inputs.ids], device=model.device)
                    fields = {
                        name: (value[None] if name == "mm_token_type_ids" else value).to(model.device)
                        for name, value in inputs.fields.items()
                    }
                    told = model.generate(
                        input_ids=ids,
                        attention_mask=torch.ones_like(ids),
                        **fields,
                        do_sample=False,
                        max_new_tokens=self._most,
                        pad_token_id=self._pad,
                        eos_token_id=self._eos,
                    )
                    rows.append(self._read(known, inputs.ids, told[0, ids.shape[1] :].tolist()))
        finally:
            model.train(was_training)
        return rows
