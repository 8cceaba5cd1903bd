"""`P2RRewardManager`: verl's reward manager that judges in batches and reads the sampled token ids."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from verl.experimental.reward_loop.reward_manager import register
from verl.experimental.reward_loop.reward_manager.base import RewardManagerBase

from p2r_rewards.trainers.samples import Sample, SampleReward
from p2r_rewards.trainers.samples.tokens import TokenReader
from p2r_rewards.trainers.verl import estimator
from p2r_rewards.trainers.verl.gathering import Gatherer
from p2r_rewards.trainers.verl.scoring import Scoring, plain, read_sample

__all__ = ["P2RRewardManager", "estimator"]  # verl's trainer looks this manager up, and so knows the estimator

WAIT_SECONDS = 0.02
BATCH_SIZE = 256


@register("p2r")
class P2RRewardManager(RewardManagerBase):  # type: ignore[misc] # verl has no types
    """Scores the rollouts that finish together in one call, so that judges which batch can do so.

    Beside what `compute_score` sees, it has the prompt, which is the question where no column holds one, and the token
    ids, by which segments are parsed and lengths counted without a tokenizer file. Its options are `reward_kwargs` of
    `reward.custom_reward_function`, the same as those of `compute_score`.

    Raises:
        ConfigError: The options are at fault: when the worker starts, not at the first sample.
    """

    def __init__(
        self,
        config: Any,
        tokenizer: Any,
        compute_score: Any,
        reward_router_address: str | None = None,
        reward_model_tokenizer: Any = None,
    ) -> None:
        super().__init__(config, tokenizer, compute_score)
        self._scoring = Scoring(reward_options(config), tokenizer)
        self._reader = TokenReader.of(tokenizer, self._scoring.settings)
        self._gatherer = Gatherer[Sample, SampleReward](self._score, wait=WAIT_SECONDS, size=BATCH_SIZE)

    async def run_single(self, data: Any) -> dict[str, Any]:
        """The reward of the last sequence of `data`, and what is logged beside it."""
        found = self._scoring.show(await self._gatherer.submit(self._read(data[-1:][0])))
        return {"reward_score": found["score"], "reward_extra_info": found}

    def _read(self, item: Any) -> Sample:
        ids, fields = item.batch["responses"], item.non_tensor_batch
        length = int(item.batch["attention_mask"][-ids.shape[-1] :].sum())
        prompt = fields.get("raw_prompt")
        return read_sample(
            "",  # the ids are what the policy wrote
            fields["reward_model"]["ground_truth"],
            fields.get("extra_info"),
            prompt=prompt.tolist() if hasattr(prompt, "tolist") else prompt,
            token_ids=self._reader.body(ids[:length].tolist()),
        )

    async def _score(self, samples: Sequence[Sample]) -> Sequence[SampleReward]:
        return await self._scoring.rewards.score_async(samples)


def reward_options(config: Any) -> dict[str, Any]:
    """`reward_kwargs` of verl's configuration as plain data."""
    function = config.reward.get("custom_reward_function") or {}
    return dict(plain(function.get("reward_kwargs") or {}))
