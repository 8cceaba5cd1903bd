"""`ServerLimits`: what the reward server takes, how much of it at once, and how long it waits."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

from p2r_rewards.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerLimits:
    """The bounds on requests. Times are in seconds.

    Args:
        body_bytes: The longest body of a request.
        held_bytes: The bodies of all requests that are held at once.
        samples: The most samples of a request.
        text_chars: The longest text of a sample: completion, prompt, or any other value.
        concurrency: Requests that are scored at once.
        queue: Requests that wait for it; one more is refused.
        deadline: How long a request may wait and be scored; OpenRLHF gives up after 180.
        head_timeout: How long a client may take to send the head of a request.
        body_timeout: How long it may take to send the body, and to take the reply.
        keep_alive: How long a connection may idle; longer than clients keep theirs, so that none meets a closed one.
        judge_share: The share of the deadline after which what the judge has not answered is unscored.

    Raises:
        ConfigError: A value is outside its range; the message names it.

    Example:
        >>> ServerLimits(samples=16).deadline
        170.0
    """

    body_bytes: int = 16 * 2**20
    held_bytes: int = 512 * 2**20
    samples: int = 1024
    text_chars: int = 1_000_000
    concurrency: int = 1024
    queue: int = 4096
    deadline: float = 170.0
    head_timeout: float = 10.0
    body_timeout: float = 30.0
    keep_alive: float = 75.0
    judge_share: float = 0.9

    def __post_init__(self) -> None:
        for one in dataclasses.fields(self):
            value = getattr(self, one.name)
            if isinstance(one.default, int):
                least = 0 if one.name == "queue" else 1
                if type(value) is not int or not least <= value <= 2**40:
                    message = f"{one.name} must be a whole number from {least} on, not {value!r:.80}"
                    raise ConfigError(message)
            elif isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
                message = f"{one.name} must be a positive number, not {value!r:.80}"
                raise ConfigError(message)
        if self.judge_share >= 1:
            message = f"judge_share must be below 1, not {self.judge_share!r:.80}"
            raise ConfigError(message)
