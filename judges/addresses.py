"""Server addresses: plain ones only, and the key that belongs to each, from the environment."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from p2r_rewards.errors import ConfigError

KEY_VARIABLE = "P2R_JUDGE_API_KEY"
"""Holds the key for a server that is not the vendor's own, so that the vendor's key is never sent there."""


def read_address(address: str) -> str:
    """The address without a slash at its end.

    Raises:
        ConfigError: It is no http or https address of a server, or holds anything that may be a secret.

    Example:
        >>> read_address("http://localhost:8000/v1/")
        'http://localhost:8000/v1'
    """
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        parts, host = urlsplit(""), None
    # What is wrong with it is told without the address: it may hold a password.
    if "@" in address or parts.query or parts.fragment or "?" in address or "#" in address:
        message = (
            "a model's address must not hold credentials, a query or a fragment (not shown here); "
            f"give the key in the environment variable {KEY_VARIABLE}"
        )
        raise ConfigError(message)
    if parts.scheme not in ("http", "https") or not host or any(ord(char) <= 32 for char in address):
        message = "a model's address must read http://HOST:PORT/PATH or https://…"
        raise ConfigError(message)
    return address.rstrip("/")


def key_for(address: str, vendor_address: str, vendor_variable: str) -> str | None:
    """The key for a server: the vendor's for the vendor's own address, else `P2R_JUDGE_API_KEY`; None where unset."""
    name = vendor_variable if address == vendor_address else KEY_VARIABLE
    return os.environ.get(name, "").strip() or None


def require_key(address: str, vendor_address: str, vendor_variable: str) -> None:
    """Nothing, unless the vendor's own server is asked without a key.

    Raises:
        ConfigError: The environment holds no key for it.
    """
    if address == vendor_address and key_for(address, vendor_address, vendor_variable) is None:
        message = f"{vendor_address} needs a key: set the environment variable {vendor_variable}"
        raise ConfigError(message)
