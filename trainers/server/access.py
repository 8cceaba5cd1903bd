"""Who may ask: everybody, or who sends the token."""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import re

from p2r_rewards.errors import ConfigError
from p2r_rewards.trainers.server.refusals import Refusal

VARIABLE = "P2R_SERVER_TOKEN"
"""The environment variable that holds the token."""

_TOKEN = re.compile(r"[!-~]{16,256}")


class Access:
    """Checks the token of requests, in a time that tells nothing about it. It is never shown.

    A token comes as `Authorization: Bearer TOKEN`, or as the password of basic authentication: trainers that take
    nothing but an address send that for `http://p2r:TOKEN@host:port`.

    Args:
        token: The token; None: everybody may ask.

    Raises:
        ConfigError: The token is too short, or holds spaces or characters beyond ASCII.
    """

    def __init__(self, token: str | None) -> None:
        if token is not None and not _TOKEN.fullmatch(token):
            message = f"{VARIABLE} must hold 16 to 256 visible ASCII characters, such as `openssl rand -hex 32` writes"
            raise ConfigError(message)
        self._token = None if token is None else token.encode()

    @classmethod
    def from_environment(cls) -> Access:
        """By the token in P2R_SERVER_TOKEN; everybody where it is not set."""
        return cls(os.environ.get(VARIABLE))

    @property
    def open(self) -> bool:
        """Whether everybody may ask."""
        return self._token is None

    def check(self, authorization: str | None) -> None:
        """Lets the request pass.

        Raises:
            Refusal: 401, where the token is missing or wrong.
        """
        if self._token is not None and not hmac.compare_digest(_sent_token(authorization or ""), self._token):
            message = f"send the server's token ({VARIABLE}) as Authorization: Bearer TOKEN"
            raise Refusal(401, message, headers={"WWW-Authenticate": 'Bearer realm="p2r-serve"'})


def _sent_token(authorization: str) -> bytes:
    scheme, _, value = authorization.strip().partition(" ")
    if scheme.lower() == "bearer":
        return value.strip().encode()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value.strip(), validate=True).partition(b":")[2]
        except (binascii.Error, ValueError):
            return b""
    return b""
