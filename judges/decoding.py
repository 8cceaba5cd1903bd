"""How a judge's model writes: the decoding parameters, which are part of a verdict's identity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from p2r_rewards.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoding:
    """The decoding parameters of a judge.

    Args:
        temperature: 0 for the most likely reply; None leaves it to the server (some reasoning models refuse it).
        max_tokens: The most tokens of a reply, thoughts included.
        top_p: Nucleus sampling; None leaves it to the server.
        seed: A seed, where the server takes one.
        extra: Further fields of the request's body, such as `{"chat_template_kwargs": {"enable_thinking": False}}`.

    Raises:
        ConfigError: A value is outside its range; the message names it.

    Example:
        >>> Decoding(max_tokens=256).temperature
        0.0
    """

    temperature: float | None = 0.0
    max_tokens: int = 1024
    top_p: float | None = None
    seed: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.temperature is not None and not 0.0 <= self.temperature <= 2.0:
            message = f"temperature must be from 0 to 2, or None, not {self.temperature!r:.80}"
            raise ConfigError(message)
        if not 1 <= self.max_tokens <= 1_000_000:
            message = f"max_tokens must be from 1 to 1,000,000, not {self.max_tokens!r:.80}"
            raise ConfigError(message)
        if self.top_p is not None and not 0.0 < self.top_p <= 1.0:
            message = f"top_p must be above 0 and at most 1, or None, not {self.top_p!r:.80}"
            raise ConfigError(message)

    def sampling(self) -> dict[str, float | int]:
        """What is set of temperature, top_p and seed, by name."""
        values = {"temperature": self.temperature, "top_p": self.top_p, "seed": self.seed}
        return {name: value for name, value in values.items() if value is not None}
