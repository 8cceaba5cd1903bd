"""The reward as an environment of NeMo-RL, and in the form of its vision-language rewards.

    from p2r_rewards.trainers.nemo_rl import register

    register()  # then, in the configuration: data.env_name: p2r, and the settings under env.p2r

NeMo-RL's own reward names are fixed, and it has no hook for an advantage per token: the reward is a scalar.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Hashable, Mapping, Sequence
from functools import cache
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

from p2r_rewards.errors import ConfigError, DataError, MissingExtraError
from p2r_rewards.judges.reward_parts import COMPONENTS
from p2r_rewards.trainers.recipes.settings import check_keys
from p2r_rewards.trainers.samples import (
    RewardSettings,
    Sample,
    SampleReward,
    SampleRewards,
    join_columns,
    unpack_columns,
)
from p2r_rewards.trainers.samples.filling import fill_with_means

Unscored: TypeAlias = Literal["stop", "mean"]
"""What a sample that can't be scored does: end the run, or take the mean of its prompt's other samples."""

ACTOR = f"{__name__}.RewardEnvironmentActor"

_LOG = logging.getLogger(__name__)


class EnvironmentReturn(NamedTuple):
    """What `step` returns; the fields are those of NeMo-RL's own, which are taken by name and by place."""

    observations: list[dict[str, str]]
    metadata: list[Any]
    next_stop_strings: list[None]
    rewards: Any
    terminateds: Any
    answers: list[str | None] | None = None


class RewardEnvironment:
    """One turn: the completions are scored, and every episode ends. `RewardEnvironmentActor` is its Ray actor.

    Args:
        cfg: What the configuration holds under `env.<name>`: `settings` (the file of `RewardSettings`) or `rewards` (a
            table of the same), else the file that P2R_REWARD_SETTINGS names; `unscored`: "stop" or "mean"; `processes`:
            whether R_P and R_R are handed over apart, for NeMo-RL's GDPO.

    Raises:
        ConfigError: A key or a value is at fault.
    """

    def __init__(self, cfg: Mapping[str, Any]) -> None:
        check_keys(cfg, ("settings", "rewards", "unscored", "processes", "num_workers", "stop_strings"))
        if "settings" in cfg and "rewards" in cfg:
            message = "settings names a file and rewards holds the same; choose one"
            raise ConfigError(message)
        self._unscored: Unscored = cfg.get("unscored", "stop")
        if self._unscored not in get_args(Unscored):
            message = f"unscored must be stop or mean, not {self._unscored!r:.80}"
            raise ConfigError(message)
        self._apart = cfg.get("processes", False)
        if not isinstance(self._apart, bool):
            message = f"processes must be true or false, not {self._apart!r:.80}"
            raise ConfigError(message)
        settings = _read_settings(cfg)
        whole = settings.part == "process" and settings.reward.processes in ("separate", "summed")
        if self._apart and not whole:
            message = "processes: true needs the whole reward: part: process, and reward.processes: separate"
            raise ConfigError(message)
        self._rewards = SampleRewards(settings)
        self._sums: dict[str, list[float]] = {name: [] for name in COMPONENTS}
        self._missed = 0

    def step(self, message_log_batch: Sequence[Sequence[Mapping[str, Any]]], metadata: list[Any]) -> EnvironmentReturn:
        """The rewards of a batch, as a tensor of shape (N,), or a dict of such by process.

        Args:
            message_log_batch: The messages of each sample; the assistant's last is its completion.
            metadata: For each, `ground_truth`, with the problem's columns packed in it or beside it.

        Raises:
            DataError: A sample is unscored, and nothing stands in for it.
        """
        import torch

        samples = [_sample(log, known) for log, known in zip(message_log_batch, metadata, strict=True)]
        found = self._rewards.score(samples)
        self._note(found)
        groups = [_group(sample) for sample in samples]
        paid = {
            name: torch.tensor(self._fill([_value(one, name) for one in found], groups, found), dtype=torch.float32)
            for name in (("perception", "reasoning") if self._apart else ("reward",))
        }
        correct = [one.components["reasoning_accuracy"] == 1.0 for one in found]
        return EnvironmentReturn(
            observations=[{"role": "environment", "content": f"Environment: {_said(one)}"} for one in correct],
            metadata=metadata,
            next_stop_strings=[None] * len(found),
            rewards={f"reward/{name}": values for name, values in paid.items()} if self._apart else paid["reward"],
            terminateds=torch.ones(len(found)),
        )

    def global_post_process_and_metrics(self, batch: Any) -> tuple[Any, dict[str, float]]:
        """The batch as it is, and the means of the components since the last call."""
        metrics = {name: math.fsum(values) / len(values) for name, values in self._sums.items() if values}
        metrics["unscored"] = float(self._missed)
        self._sums, self._missed = {name: [] for name in COMPONENTS}, 0
        return batch, metrics

    def shutdown(self) -> None:
        """Nothing has to be ended."""

    def _fill(self, paid: list[float | None], groups: list[Hashable], found: Sequence[SampleReward]) -> list[float]:
        """The rewards, with means in the place of what is unscored."""
        if None not in paid:
            return [value for value in paid if value is not None]
        first = paid.index(None)
        if self._unscored == "stop":
            message = f"sample {first} of {len(paid)} is unscored: {found[first].unscored}; see unscored: mean"
            raise DataError(message)
        known = [value for value in paid if value is not None]
        if not known:
            message = f"none of {len(paid)} samples is scored: {found[first].unscored}"
            raise DataError(message)
        return fill_with_means(paid, groups, math.fsum(known) / len(known))

    def _note(self, found: Sequence[SampleReward]) -> None:
        for one in found:
            if one.reward is None:
                self._missed += 1
                _LOG.warning("unscored (%s): %s", self._unscored, one.unscored)
            for name, value in one.components.items():
                if value is not None:
                    self._sums[name].append(value)


def vlm_reward(ground_truth: str, response: str) -> tuple[float, bool | None]:
    """The reward and whether the answer is right (None: it was not graded), in the form of NeMo-RL's VLM rewards.

    Its worker takes every `Exception` for a reward of 0: a sample that can't be scored therefore ends the worker.

    Args:
        ground_truth: The problem's columns, packed.
        response: The completion.

    Raises:
        SystemExit: The sample is unscored, or the settings are at fault; the log says why.
    """
    try:
        [one] = _shared_rewards().score([Sample(response, unpack_columns(ground_truth))])
        reason = one.unscored
    except Exception as error:
        one, reason = None, f"{type(error).__name__}: {error}"
    if one is None or one.reward is None:
        _LOG.error("no reward: %s", reason)
        message = f"no reward: {reason}"
        raise SystemExit(message)
    accuracy = one.components["reasoning_accuracy"]
    return one.reward, None if accuracy is None else accuracy == 1.0


def register(name: str = "p2r") -> None:
    """Makes NeMo-RL know the environment by a name, and run it with the interpreter of the driver.

    Raises:
        ConfigError: NeMo-RL is not installed.
        ValueError: NeMo-RL knows another environment by this name.
    """
    try:
        from nemo_rl.distributed.ray_actor_environment_registry import ACTOR_ENVIRONMENT_REGISTRY
        from nemo_rl.distributed.virtual_cluster import PY_EXECUTABLES
        from nemo_rl.environments.utils import register_env
    except ImportError as error:
        message = "NeMo-RL is not installed; install it from its repository, github.com/NVIDIA-NeMo/RL"
        raise ConfigError(message) from error
    register_env(name, ACTOR)
    ACTOR_ENVIRONMENT_REGISTRY[ACTOR] = PY_EXECUTABLES.SYSTEM


def __getattr__(name: str) -> Any:
    # Ray makes the actor when NeMo-RL asks for it by name: without Ray the rest of this module can be imported.
    if name == "RewardEnvironmentActor":
        return _actor()
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)


@cache
def _actor() -> Any:
    try:
        import ray
    except ImportError as error:
        package, extra = "ray", "ray"
        raise MissingExtraError(package, extra) from error
    return ray.remote(max_restarts=-1, max_task_retries=-1)(RewardEnvironment)


@cache
def _shared_rewards() -> SampleRewards:
    return SampleRewards(RewardSettings.from_environment())


def _read_settings(cfg: Mapping[str, Any]) -> RewardSettings:
    return RewardSettings.from_mapping(cfg["rewards"]) if "rewards" in cfg else RewardSettings.read(cfg.get("settings"))


def _sample(log: Sequence[Mapping[str, Any]], known: Any) -> Sample:
    beside = dict(known) if isinstance(known, Mapping) else {"ground_truth": known}
    columns = join_columns(beside, beside.pop("ground_truth", None))
    replies = [message for message in log if message.get("role") == "assistant"]
    prompt = [dict(message) for message in log if message.get("role") != "assistant"]
    if not replies:
        return Sample("", columns, prompt, fault="the messages hold none of the assistant's")
    return Sample(dict(replies[-1]), columns, prompt)


def _group(sample: Sample) -> Hashable:
    return repr((_telling(sample.prompt), _telling(sample.columns)))


def _telling(value: Any) -> Any:
    """What of a value tells prompts apart; an object, such as a frame, is another in each sample of a prompt."""
    if isinstance(value, Mapping):
        return sorted((str(name), _telling(item)) for name, item in value.items())
    if isinstance(value, list | tuple):
        return [_telling(item) for item in value]
    return repr(value) if isinstance(value, str | int | float | None) else type(value).__name__


def _value(one: SampleReward, name: str) -> float | None:
    if name == "reward":
        return one.reward
    # Where the sum is unscored both are: what is left of it would train on half a reward.
    return None if one.reward is None else one.components[f"{name}_reward"]


def _said(correct: bool) -> str:
    return "correct" if correct else "incorrect"
