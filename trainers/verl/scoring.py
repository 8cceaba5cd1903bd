"""verl's `compute_score`: one sample to a dict of numbers and texts, with the same keys for every sample."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import orjson

from p2r_rewards.errors import ConfigError
from p2r_rewards.trainers.samples import RewardSettings, Sample, SampleReward, SampleRewards, join_columns

NAN = float("nan")

_PASSED_BY_VERL = frozenset({"reward_router_address", "reward_model_tokenizer"})

Score = dict[str, float | str]


class Scoring:
    """Samples of verl to the dicts that it takes.

    Args:
        options: What verl passes on from `reward_kwargs`: the keys of `RewardSettings`, or `settings`, the path of a
            file with these; and `unscored`: "nan", or "raise" (`UnscoredError`).
        tokenizer: The policy's, for callers that give token ids.

    Raises:
        ConfigError: An unknown key or a bad value, or settings that verl's samples can't serve.
    """

    def __init__(self, options: Mapping[str, Any], tokenizer: Any = None) -> None:
        values = dict(options)
        self.unscored: Literal["nan", "raise"] = values.pop("unscored", "nan")
        if self.unscored not in ("nan", "raise"):
            message = f"unscored must be 'nan' or 'raise', not {self.unscored!r:.80}"
            raise ConfigError(message)
        self.settings = read_settings(values)
        self.settings.check_single("verl")
        self.rewards = SampleRewards(self.settings, tokenizer=tokenizer)

    def show(self, found: SampleReward) -> Score:
        """What verl is given of a sample.

        Raises:
            UnscoredError: The sample is unscored, and shall be lost.
        """
        if self.unscored == "raise":
            found.known()
        return {
            "score": number(found.reward),
            **{name: number(value) for name, value in found.components.items()},
            "unscored": float(found.reward is None),
            "unscored_reason": found.unscored or "",
            "grade_how": found.grade_how or "",
            "judge_how": found.judge_how or "",
        }


def read_settings(values: Mapping[str, Any]) -> RewardSettings:
    """The settings in `reward_kwargs`: themselves, or those of the file that `settings` names.

    Raises:
        ConfigError: An unknown key or a bad value, or a file and other keys beside it.
    """
    if "settings" not in values:
        return RewardSettings.from_mapping(values)
    if len(values) > 1:
        beside = ", ".join(sorted(values.keys() - {"settings"}))
        message = f"settings names a file that holds all of them: move {beside} there"
        raise ConfigError(message)
    return RewardSettings.from_file(values["settings"])


def read_sample(
    solution_str: str,
    ground_truth: Any,
    extra_info: Mapping[str, Any] | None,
    *,
    prompt: Any = None,
    token_ids: list[int] | None = None,
) -> Sample:
    """The sample in verl's fields: `ground_truth` is the gold, or packed columns; `extra_info` holds the others.

    What `ground_truth` tells comes first: a gold in `extra_info` counts only where it has none.

    Example:
        >>> read_sample("", "B", {"problem_type": "multiple choice", "answer": "B because …"}).columns
        {'problem_type': 'multiple choice', 'gold': 'B'}
    """
    columns = join_columns(extra_info or {}, plain(ground_truth))
    return Sample(solution_str, {name: plain(value) for name, value in columns.items()}, prompt, token_ids)


def compute_score(
    data_source: str | None,
    solution_str: str,
    ground_truth: Any,
    extra_info: Mapping[str, Any] | None = None,
    **kw: Any,
) -> Score:
    """The reward of one sample, NaN where unscored, with its components (NaN likewise) and what they rest on.

    verl runs it in a thread for each sample, which waits for the judge; `compute_score_async` needs no threads.

    Args:
        data_source: Not looked at.
        solution_str: The completion.
        ground_truth: The gold answer, or JSON of all columns (`pack_columns`).
        extra_info: Question, problem type, options, …, in any spelling of data sets.
        **kw: `reward_kwargs` of verl's configuration, see `Scoring`.

    Returns:
        `score`; `perception_accuracy`, … `reasoning_reward`; `unscored`: 1.0 where the score is unknown; and the texts
        `unscored_reason`, `grade_how`, `judge_how`, empty where there is nothing to say.

    Raises:
        ConfigError: The options are at fault.
        UnscoredError: See `Scoring`.

    Example:
        >>> text = "<observation>Two cups stand there.</observation><think>So 2.</think><answer>2</answer>"
        >>> known = {"question": "How many cups are there?", "problem_type": "numerical"}
        >>> compute_score("cups", text, "2", known, judge="lexical")["score"]
        4.0
    """
    scoring = open_scoring(kw)
    return scoring.show(scoring.rewards.score([read_sample(solution_str, ground_truth, extra_info)])[0])


async def compute_score_async(
    data_source: str | None,
    solution_str: str,
    ground_truth: Any,
    extra_info: Mapping[str, Any] | None = None,
    **kw: Any,
) -> Score:
    """The same as `compute_score`; the judge is awaited, so that all samples of a worker are judged at once."""
    scoring = open_scoring(kw)
    found = await scoring.rewards.score_async([read_sample(solution_str, ground_truth, extra_info)])
    return scoring.show(found[0])


_opened: dict[bytes, Scoring] = {}
_opening = threading.Lock()


def open_scoring(options: Mapping[str, Any]) -> Scoring:
    """The scoring with these options: opened once a process, with its judge, whoever calls from whatever thread."""
    values = {name: plain(value) for name, value in options.items() if name not in _PASSED_BY_VERL}
    try:
        key = orjson.dumps(values, option=orjson.OPT_SORT_KEYS)
    except TypeError as error:
        message = f"reward_kwargs must be plain data: {error}"
        raise ConfigError(message) from error
    scoring = _opened.get(key)
    if scoring is None:
        with _opening:
            scoring = _opened.get(key)
            if scoring is None:
                scoring = _opened[key] = Scoring(values)
    return scoring


def number(value: float | None) -> float:
    """The number, NaN for None: an array of them is one of floats."""
    return NAN if value is None else float(value)


def plain(value: Any) -> Any:
    """The value with lists and dicts for what OmegaConf and NumPy put in their place."""
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [plain(item) for item in value]
    return value
