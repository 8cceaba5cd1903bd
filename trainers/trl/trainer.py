"""`PAGRPOTrainer`: TRL's GRPO with rewards and advantages of perception and reasoning apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from accelerate.utils import gather, gather_object

from p2r_rewards.advantages import Advantages, pa_grpo_advantages
from p2r_rewards.errors import ConfigError
from p2r_rewards.judges.opening import open_judge
from p2r_rewards.judges.verdict import Judge, Verdict
from p2r_rewards.trainers.trl.config import PAGRPOConfig
from p2r_rewards.trainers.trl.credit import credit, rescale
from p2r_rewards.trainers.trl.metrics import component_metrics, group_metrics, judge_metrics, judge_numbers
from p2r_rewards.trainers.trl.overlap import Pending, ask
from p2r_rewards.trainers.trl.rows import CompletionReader, ProblemReader, Row, item_of
from p2r_rewards.trainers.trl.scoring import Scored, describe, follow_groups, numbers, score
from p2r_rewards.trainers.trl.video_trainer import VideoGRPOTrainer

_TAKEN = ("reward_funcs", "reward_processing_classes", "tools", "environment_factory")


@dataclass(slots=True)
class _Batch:
    """The completions of one generation call on this process, from sampling to their advantages."""

    rows: list[Row]
    asked: list[int]  # the rows whose observation was sent to the judge
    pending: Pending
    advantages: Advantages | None = None

    def verdicts(self) -> list[Verdict | None]:
        given: list[Verdict | None] = [None] * len(self.rows)
        for row, verdict in zip(self.asked, self.pending.verdicts(), strict=True):
            given[row] = verdict
        return given


class PAGRPOTrainer(VideoGRPOTrainer):
    """TRL's `GRPOTrainer` for PA-GRPO (arXiv 2511.11113, Sec. 3.2.3).

    Each completion earns R_P and R_R (`reward_completion`). They are normalised apart within their group (Eq. 6), and
    each token carries the advantage of the process that wrote it (Eq. 7). Completions are read from the sampled ids.
    The rows of the data set hold, beside `prompt`, what a problem needs: `problem_type` and `solution` (or `answer`,
    `gold`, …), `options`, `problem` (or `question`), `data_type`.

    Verdicts are asked for as soon as completions exist, and waited for when rewards are needed: with `beta > 0` the
    reference model's pass runs meanwhile. A judge that raises leaves its items unscored, with a warning and as
    `judge/failed`: an exception on one process would have the others wait forever.

    Args:
        model: As in TRL.
        args: The options.
        judge: Who judges observations, or what `open_judge` opens, such as "openai:MODEL@http://HOST:PORT/v1"; needed
            unless `processes` is "reasoning only".
        trl: TRL's other arguments, by name.

    Raises:
        ConfigError: A judge is missing, or an argument of TRL does not go together with these rewards.
    """

    def __init__(self, model: Any, *, args: PAGRPOConfig, judge: Judge | str | None = None, **trl: Any) -> None:
        _check_arguments(args, judge, trl)
        columns: list[Any] = [perception_reward, reasoning_reward]
        super().__init__(model, reward_funcs=columns, args=args, **trl)
        self._options = args
        self._rewards = args.reward_config
        self._judge = open_judge(judge) if isinstance(judge, str) else judge
        self._read_problem = ProblemReader(args.columns)
        self._read_completion = CompletionReader(
            self._tokenizer,
            {*self.eos_token_ids, self._tokenizer.pad_token_id},
            self._rewards.template,
            args.completion_prefix,
        )
        self._examples: Sequence[dict[str, Any]] = ()
        self._batch = _Batch([], [], Pending())

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        self._examples = inputs
        output = super()._generate_and_score_completions(inputs)
        batch, self._batch = self._batch, _Batch([], [], Pending())
        if batch.advantages is None:
            message = "completions were scored without PAGRPOTrainer._calculate_rewards: a subclass replaces it"
            raise ConfigError(message)
        segments = [row.segments for row in batch.rows]
        output["advantages"] = credit(batch.advantages, segments, output, self._options, self.accelerator.num_processes)
        return output

    def _generate(self, prompts: list[Any]) -> Any:
        generated = super()._generate(prompts)
        prompt_ids, completion_ids, tool_mask = generated[:3]
        if tool_mask is not None:
            message = "env_mask: tokens that the policy did not write can't be credited; leave it out of rollout_func"
            raise ConfigError(message)
        rows = [
            self._read_completion(self._read_problem(example), *ids)
            for example, *ids in zip(self._examples, prompt_ids, completion_ids, strict=True)
        ]
        self._batch = self._ask(rows)
        return generated

    def _ask(self, rows: list[Row]) -> _Batch:
        if self._judge is None:
            return _Batch(rows, [], Pending())
        items = {row: item for row, item in enumerate(map(item_of, rows)) if item is not None}
        return _Batch(rows, list(items), ask(self._judge, list(items.values())))

    def _calculate_rewards(
        self, inputs: list[Any], prompts: list[Any], completions: list[Any], completion_ids_list: list[Any]
    ) -> torch.Tensor:
        """R_P and R_R of all processes, shape (N, 2), NaN where unscored; TRL logs them."""
        batch, count = self._batch, len(prompts)
        size = self._group_size()
        own = slice(self.accelerator.process_index * count, (self.accelerator.process_index + 1) * count)
        verdicts = batch.verdicts()
        scored = [score(row, verdict, self._rewards) for row, verdict in zip(batch.rows, verdicts, strict=True)]
        if self._rewards.length == "dynamic":  # groups may lie over several processes
            scored = follow_groups(gather_object(scored), size, self._rewards)[own]
        device = self.accelerator.device
        rewards: torch.Tensor = gather(torch.tensor([one.totals for one in scored], device=device))
        advantages = pa_grpo_advantages(
            rewards[:, 0],
            rewards[:, 1],
            size,
            processes=self._rewards.processes,
            eps=self._rewards.advantage_eps,
            tie=self._rewards.advantage_tie,
        )
        batch.advantages = advantages.take(own)
        self._log_rows(scored, batch.advantages)
        table = gather(torch.tensor([numbers(one) for one in scored], device=device))
        share = [*judge_numbers(verdicts, batch.pending.failed), batch.pending.waited]
        shares = gather(torch.tensor([share], device=device))
        for name, value in {
            **component_metrics(table),
            **group_metrics(advantages),
            **judge_metrics(shares[:, :-1], shares[:, -1], self._options.judge_prices),
        }.items():
            self._log_metric(name, value)
        return rewards

    def _log_rows(self, scored: Sequence[Scored], advantages: Advantages) -> None:
        described = [describe(one) for one in scored]
        for column in described[0]:
            self._log_completion_extra(column, [one[column] for one in described])
        self._log_completion_extra("perception_advantage", advantages.perception.tolist())
        self._log_completion_extra("reasoning_advantage", advantages.reasoning.tolist())

    def _compute_loss(self, model: Any, inputs: dict[str, Any]) -> torch.Tensor:
        inputs = rescale(inputs, self._options)
        return super()._compute_loss(model, inputs)

    def _group_size(self) -> int:
        is_training = cast(torch.nn.Module, self.model).training
        return cast(int, self.num_generations if is_training else self.num_generations_eval)


def perception_reward(**_: Any) -> list[float]:
    """Gives TRL the name of R_P's column; `PAGRPOTrainer` computes it."""
    raise NotImplementedError


def reasoning_reward(**_: Any) -> list[float]:
    """Gives TRL the name of R_R's column; `PAGRPOTrainer` computes it."""
    raise NotImplementedError


def _check_arguments(args: object, judge: Judge | str | None, trl: dict[str, Any]) -> None:
    if not isinstance(args, PAGRPOConfig):
        message = f"args must be a PAGRPOConfig, not {type(args).__name__}"
        raise ConfigError(message)
    for name in _TAKEN:
        if trl.get(name) is not None:
            message = (
                f"{name} is not supported: PAGRPOTrainer rewards single replies by PAGRPOConfig(rewards=…) and its "
                "judge; leave it out"
            )
            raise ConfigError(message)
    processes = args.reward_config.processes
    if judge is None and processes != "reasoning only":
        message = (
            f"judge is missing: processes={processes!r} needs verdicts on observations; give one, or set "
            "rewards={'processes': 'reasoning only'}, which is GRPO"
        )
        raise ConfigError(message)
    if args.remove_unused_columns:
        message = "remove_unused_columns=True takes away the columns that rewards are read from; leave it at False"
        raise ConfigError(message)
