"""`PAGRPOTrainer`: ms-swift's GRPO with the advantages of perception and reasoning apart."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any, cast

import torch
from swift.rlhf_trainers import GRPOTrainer
from swift.rlhf_trainers.utils import get_even_process_data

from p2r_rewards.advantages import Advantages, pa_grpo_advantages
from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.token_credit import token_advantages
from p2r_rewards.token_segments import SegmentIds
from p2r_rewards.trainers.ms_swift.rewards import P2RPerception, P2RReasoning, PartReward
from p2r_rewards.trainers.ms_swift.supported import TEACHER, check_supported
from p2r_rewards.trainers.samples.tokens import TokenReader

_COLUMNS = {
    "separate": (P2RPerception, P2RReasoning),
    "summed": (P2RPerception, P2RReasoning),
    "perception only": (P2RPerception,),
    "reasoning only": (P2RReasoning,),
}


class PAGRPOTrainer(GRPOTrainer):  # type: ignore[misc] # ms-swift has no types where it is not installed
    """ms-swift's `GRPOTrainer` for PA-GRPO (arXiv 2511.11113, Eq. 6 and 7), by `register(pa_grpo=True)`.

    `--reward_funcs p2r_perception p2r_reasoning` give R_P and R_R. Each is normalised apart within its group, and each
    token carries the advantage of the process that wrote it. An unscored reward is left out of its group, where
    ms-swift itself would take it for 0; so this trainer is worth its while for plain GRPO too
    (`processes: reasoning only`).

    Raises:
        ConfigError: An option or a reward function does not go together with it.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rewards = [one for one in self.reward_funcs if isinstance(one, PartReward)]
        if not rewards:
            message = "PA-GRPO needs its own reward functions: --reward_funcs p2r_perception p2r_reasoning"
            raise ConfigError(message)
        self._p2r = rewards[0].scorer.settings
        self._p2r_columns = [self._column(kind) for kind in _COLUMNS[self._p2r.reward.processes]]
        check_supported(self, self._p2r_columns)
        ends = getattr(self.model.generation_config, "eos_token_id", None)
        more_ends = ends if isinstance(ends, list) else [ends]
        self._p2r_reader = TokenReader.of(self.template.tokenizer, self._p2r, more_ends)

    def _column(self, kind: type[PartReward]) -> int:
        for index, reward in enumerate(self.reward_funcs):
            if isinstance(reward, kind):
                return index
        processes = self._p2r.reward.processes
        message = f"processes={processes!r} needs the reward function {kind.__name__}: name it in --reward_funcs"
        raise ConfigError(message)

    def _postprocess_batch(self, samples: list[Any], batch_encoded_inputs: list[dict[str, Any]]) -> None:
        super()._postprocess_batch(samples, batch_encoded_inputs)
        own = self._p2r_advantages.take(get_even_process_data(self, torch.arange(len(self._rewards_per_func))))
        chunks = self.split_by_mini_batches(samples)
        start = 0
        for chunk, encoded in zip(chunks, batch_encoded_inputs, strict=True):
            batch, rows = encoded["grpo_batch"], slice(start, start + len(chunk))
            if batch.teacher_per_token_logps is not None:  # of the column teacher_prompt
                raise ConfigError(TEACHER)
            segments = [self._segments(sample) for sample in chunk]
            batch.advantages = credit(own.take(rows), segments, batch.completion_mask)
            start = rows.stop

    def _compute_advantages(self, samples: Any, rewards_per_func: torch.Tensor, batch_encoded_inputs: Any) -> Any:
        """What a token of no segment carries, shape (N,); ms-swift logs it as `advantages`."""
        if self.dynamic_num_samples:
            message = "PA-GRPO credits single replies: rollouts of several turns that make several samples can't be"
            raise ConfigError(message)
        super()._compute_advantages(samples, rewards_per_func, batch_encoded_inputs)  # logs the rewards
        found = self._normalise(rewards_per_func)
        self._p2r_advantages = found
        self._log_groups(found)
        return token_advantages(found, torch.zeros(len(rewards_per_func), 1, dtype=torch.long))[:, 0]

    def compute_std(self, samples: Any, rewards_per_func: torch.Tensor) -> torch.Tensor:
        """1 in groups that teach something, else 0, shape (N,): what `--dynamic_sample` keeps and what it resamples."""
        found = self._normalise(rewards_per_func)
        teaches = ((found.perception != 0) | (found.reasoning != 0)).view(-1, self._group_size())
        return cast(torch.Tensor, teaches.any(1).repeat_interleave(self._group_size()).float())

    def _normalise(self, rewards_per_func: torch.Tensor) -> Advantages:
        config = self._p2r.reward
        unknown = torch.full_like(rewards_per_func[:, 0], float("nan"))
        rewards: dict[type, torch.Tensor] = dict.fromkeys((P2RPerception, P2RReasoning), unknown)
        for kind, column in zip(_COLUMNS[config.processes], self._p2r_columns, strict=True):
            rewards[kind] = rewards_per_func[:, column]
        return pa_grpo_advantages(
            rewards[P2RPerception],
            rewards[P2RReasoning],
            self._group_size(),
            processes=config.processes,
            eps=config.advantage_eps,
            tie=config.advantage_tie,
        )

    def _group_size(self) -> int:
        return cast(int, self.num_generations if self.model.training else self.num_generations_eval)

    def _log_groups(self, found: Advantages) -> None:
        mode = "train" if self.model.training else "eval"
        collapsed = found.collapsed
        for name in ("perception", "reasoning", "both", "sum"):
            self._metrics[mode][f"collapsed/{name}"].append(getattr(collapsed, name) / collapsed.groups)
        for name in ("perception", "reasoning"):
            column = self._logs.setdefault(f"{name}_advantage", deque(maxlen=self.args.generation_batch_size))
            column.extend(getattr(found, name).tolist())

    def _segments(self, sample: Any) -> SegmentIds:
        """The segment of each token that the loss sees of a sample."""
        encoded = sample.encoded
        ids = [int(one) for one, label in zip(encoded["input_ids"], encoded["labels"], strict=True) if label != -100]
        return self._p2r_reader.segments(ids)


def credit(advantages: Advantages, segments: Sequence[SegmentIds], mask: torch.Tensor) -> torch.Tensor:
    """The advantage of each token, shape (B, T), 0 outside of the mask.

    Args:
        advantages: Of B completions.
        segments: Of each its tokens' segment ids.
        mask: Where the completions' tokens stand, shape (B, T); rows may begin anywhere.

    Raises:
        DataError: The mask has another number of tokens than a completion.
    """
    ids = torch.full(mask.shape, -1, dtype=torch.long)
    places = mask.bool().cpu()
    for row, own in enumerate(segments):
        if int(places[row].sum()) != len(own):
            message = f"the loss sees {int(places[row].sum())} tokens of a completion that was encoded as {len(own)}"
            raise DataError(message)
        ids[row, places[row]] = torch.from_numpy(own).long()
    return cast(torch.Tensor, token_advantages(advantages, ids.to(mask.device)))
