"""PA-GRPO in slime: advantages of whole groups where rewards are post-processed, tokens credited in training."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from p2r_rewards.advantages import Advantages, pa_grpo_advantages
from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.rollouts.token_counts import TokenCounter
from p2r_rewards.trainers.samples.tokens import TokenReader
from p2r_rewards.trainers.slime.rewards import read_settings, settings_path


class ProcessAdvantages(float):
    """The advantages of one completion: the number that tokens of no segment carry, with those of the processes.

    slime hands on a number a sample, `rewards`, from where groups are whole to the ranks that train: this is one.

    Example:
        >>> import pickle
        >>> pair = pickle.loads(pickle.dumps(ProcessAdvantages(0.25, -0.5, 1.0)))
        >>> pair, pair.perception, pair.reasoning
        (0.25, -0.5, 1.0)
    """

    perception: float
    reasoning: float

    def __new__(cls, orphan: float, perception: float, reasoning: float) -> ProcessAdvantages:
        """The advantages: of orphan tokens, of perception's, of reasoning's."""
        found = super().__new__(cls, orphan)
        found.perception, found.reasoning = perception, reasoning
        return found

    def __getnewargs__(self) -> tuple[float, float, float]:  # type: ignore[override] # float's has one
        return float(self), self.perception, self.reasoning


def post_process_rewards(args: Any, samples: Sequence[Any]) -> tuple[list[float], list[ProcessAdvantages]]:
    """The rewards as they are, and the advantages by process (Eq. 6), for `--custom-reward-post-process-path`.

    A reward that is unscored is left out of its group; a sample of which nothing is known is kept out of the loss. With
    `processes` other than "separate" in the settings, all three numbers are the one advantage: GRPO.

    Raises:
        ConfigError: The samples were rewarded by something else, or slime does not know the reward's key.
    """
    found = _normalise(args, samples)
    raw = [sample.get_reward_value(args) for sample in samples]
    if any(isinstance(one, dict) for one in raw):
        message = "slime takes the whole dict of a reward for a number: set --reward-key reward"
        raise ConfigError(message)
    for sample, known in zip(samples, (found.perception_known | found.reasoning_known).tolist(), strict=True):
        sample.remove_sample = sample.remove_sample or not known
    known = found.perception_known.astype(float) + found.reasoning_known
    orphan = found.perception if found.processes != "separate" else (found.perception + found.reasoning) / known.clip(1)
    rows = zip(orphan.tolist(), found.perception.tolist(), found.reasoning.tolist(), strict=True)
    return raw, [ProcessAdvantages(*row) for row in rows]


def keep_group(args: Any, samples: Sequence[Any], **_: Any) -> bool:
    """Whether a group teaches perception or reasoning, for `--dynamic-sampling-filter-path`."""
    found = _normalise(args, samples)
    return bool((found.perception != 0).any() or (found.reasoning != 0).any())


def token_credit(args: Any, rollout_data: dict[str, Any]) -> None:
    """Writes `advantages` and `returns`, one number a token of each response (`--custom-advantage-function-path`).

    Raises:
        ConfigError: The settings name no tokenizer, slime whitens advantages afterwards, or the rewards are not those
            of `post_process_rewards`.
        DataError: A response has another number of tokens than slime says.
    """
    import torch

    if getattr(args, "normalize_advantages", False):
        message = "--normalize-advantages would mix the advantages of both processes; leave it out"
        raise ConfigError(message)
    credited = []
    columns = (rollout_data[name] for name in ("tokens", "response_lengths", "rewards", "kl"))
    for tokens, length, pair, kl in zip(*columns, strict=True):
        if not isinstance(pair, ProcessAdvantages):
            message = "set --custom-reward-post-process-path p2r_rewards.trainers.slime.post_process_rewards"
            raise ConfigError(message)
        segments = _reader(settings_path(args)).segments(list(map(int, tokens[-length:] if length else ())))
        values = torch.tensor([0.0, float(pair), pair.perception, pair.reasoning], dtype=kl.dtype)
        whole = values[torch.from_numpy(segments).long() + 1].to(kl.device)
        credited.append(_share(whole, len(tokens), int(length), len(kl)))
    rollout_data["advantages"] = credited
    rollout_data["returns"] = list(credited)


def _share(whole: Any, total: int, length: int, own: int) -> Any:
    """The part of a response that this rank of context parallelism holds; all of it where there is none."""
    if own == length:
        return whole
    from slime.backends.megatron_utils.cp_utils import slice_log_prob_with_cp

    part = slice_log_prob_with_cp(whole, total, length)
    if len(part) != own:
        message = f"a response of {length} tokens has {own} log-probabilities here, and {len(part)} advantages"
        raise DataError(message)
    return part


def _normalise(args: Any, samples: Sequence[Any]) -> Advantages:
    config = read_settings(settings_path(args)).reward
    rewards = [sample.reward for sample in samples]
    if not all(isinstance(reward, dict) and "reasoning_reward" in reward for reward in rewards):
        message = "the samples hold no rewards of both processes: set --custom-rm-path p2r_rewards.trainers.slime.rm"
        raise ConfigError(message)
    return pa_grpo_advantages(
        [reward["perception_reward"] for reward in rewards],
        [reward["reasoning_reward"] for reward in rewards],
        [sample.group_index for sample in samples],
        processes=config.processes,
        eps=config.advantage_eps,
        tie=config.advantage_tie,
    )


@lru_cache(maxsize=8)
def _reader(path: str | None) -> TokenReader:
    settings = read_settings(path)
    if settings.tokenizer is None:
        message = "the settings name no tokenizer: PA-GRPO finds each token's process by it; set tokenizer: PATH"
        raise ConfigError(message)
    tokenizer = TokenCounter(Path(settings.tokenizer))
    return TokenReader(tokenizer.decode, tokenizer.ids_of(settings.reward.end_strings), settings)
