"""The key of a cached verdict: a hash of all that it depends on."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from typing import Any

from p2r_rewards.judges.client import Client
from p2r_rewards.judges.verdict import JudgeItem


class KeyMaker:
    """Makes 32-byte keys from who judges, how it is asked, and the item.

    Args:
        client: Its model, its address, and its decoding parameters (a dataclass) where it has any.
        template: The identity of the prompt: name, version and content hash.
        renderer: The version of what fills the prompt.
        structured: Whether structured decoding is asked for.
    """

    def __init__(self, client: Client, template: str, renderer: str, *, structured: bool) -> None:
        decoding: Any = getattr(client, "decoding", None)
        asker = {
            "address": client.address,
            "model": client.model,
            "template": template,
            "renderer": renderer,
            "structured": structured,
            "decoding": None if decoding is None else dataclasses.asdict(decoding),
        }
        self._base = hashlib.sha256(json.dumps(asker, sort_keys=True, default=repr).encode("ascii"))

    def __call__(self, item: JudgeItem) -> bytes:
        """The item's key."""
        made = self._base.copy()
        # `ascii` of a tuple is unambiguous, takes any text, and is the same under every version of Unicode.
        fields = (item.question, item.gold, item.observation, item.options, str(item.type), item.data_type)
        made.update(ascii(fields).encode("ascii"))
        return made.digest()
