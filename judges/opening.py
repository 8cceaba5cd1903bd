"""Clients and judges opened by one string, such as `openai:MODEL@http://localhost:8000/v1`."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from p2r_rewards.errors import ConfigError
from p2r_rewards.judges.client import Client
from p2r_rewards.judges.decoding import Decoding
from p2r_rewards.judges.verdict import Judge
from p2r_rewards.templates.loader import PromptTemplate

FORMS = (
    "openai:MODEL@http://HOST:PORT/v1",
    "openai:MODEL",
    "anthropic:MODEL",
    "anthropic:MODEL@URL",
    "vllm:PATH",
    "hf:PATH",
    "replay:FILE",
)
"""What names a client."""

LEXICAL = ("lexical", "lexical+semantic")
"""The judges without a language model."""

LEXICAL_NOTE = (
    "verdicts of {} are the lexical judge's: no model read the observations; "
    "it is for trying things out and for CI, not for training"
)
"""What stands wherever their verdicts are shown."""

_SPEC = re.compile(r"(openai|anthropic|vllm|hf|replay):(.+)", re.DOTALL)
_ADDRESS = re.compile(r"@(?=[a-z][a-z0-9+.-]{0,19}://)", re.IGNORECASE)


def open_client(spec: str, *, decoding: Decoding | None = None) -> Client:
    """The client that a string names.

    Args:
        spec: One of `FORMS`.
        decoding: The decoding parameters; a recording has its own.

    Raises:
        ConfigError: It names none, its address holds credentials, or the environment lacks the key it needs.
        MissingExtraError: The library it needs is not installed.

    Example:
        >>> open_client("openai:llama@http://localhost:8000/v1").address
        'http://localhost:8000/v1'
    """
    match = _SPEC.fullmatch(spec.strip()) if isinstance(spec, str) else None
    if match is None or not (rest := match[2].strip()):
        raise ConfigError(_no_such(FORMS))
    kind = match[1]
    if kind in ("openai", "anthropic"):
        model, *address = _ADDRESS.split(rest, maxsplit=1)
        if not model or "://" in model or (address == [] and "@" in model and "/" in model.partition("@")[2]):
            raise ConfigError(_no_such(FORMS))
        return _REMOTE[kind](model, address[0] if address else None, decoding)
    return _LOCAL[kind](rest, decoding)


def open_judge(
    spec: str,
    *,
    template: PromptTemplate | str | Path | None = None,
    cache: Any = True,
    decoding: Decoding | None = None,
    **options: Any,
) -> Judge:
    """The judge that a string names: `lexical`, `lexical+semantic`, or a model by one of `FORMS`.

    Args:
        spec: The string.
        template: A model's prompt, by name or file; by default "observation-sufficiency".
        cache: True for the user's own cache, a path or a `VerdictCache`; None or False for none.
        decoding: A model's decoding parameters.
        **options: What `ModelJudge` takes beside, such as `limits`; the lexical judges have no use for it.

    Raises:
        ConfigError: It names none, or an option does not fit.
        MissingExtraError: A library it needs is not installed.
    """
    if spec == "lexical":
        from p2r_rewards.judges.lexical import LexicalJudge

        return LexicalJudge()
    if spec == "lexical+semantic":
        from p2r_rewards.judges.semantic import SemanticJudge

        return SemanticJudge()
    try:
        client = open_client(spec, decoding=decoding)
    except ConfigError as error:
        if str(error) == _no_such(FORMS):
            raise ConfigError(_no_such((*LEXICAL, *FORMS))) from None
        raise
    return judge_with(client, template=template, cache=cache, **options)


def judge_with(
    client: Client, *, template: PromptTemplate | str | Path | None = None, cache: Any = True, **options: Any
) -> Judge:
    """The model judge with this client; the arguments are those of `open_judge`."""
    from p2r_rewards.judges.cache import VerdictCache
    from p2r_rewards.judges.model_judge import ModelJudge
    from p2r_rewards.templates.loader import load_template

    if cache is True:
        cache = VerdictCache()
    elif isinstance(cache, str | Path):
        cache = VerdictCache(cache)
    if isinstance(template, str | Path):
        template = load_template(template)
    return ModelJudge(client, template, cache=cache or None, **options)


def _no_such(forms: tuple[str, ...]) -> str:
    # The string itself is not repeated: it may hold a password.
    return f"this names no judge; write one of {', '.join(forms)}"


def _open_openai(model: str, address: str | None, decoding: Decoding | None) -> Client:
    from p2r_rewards.judges.openai_client import OpenAIClient

    return OpenAIClient(model, address, decoding=decoding)


def _open_anthropic(model: str, address: str | None, decoding: Decoding | None) -> Client:
    from p2r_rewards.judges.anthropic_client import AnthropicClient

    return AnthropicClient(model, address, decoding=decoding)


def _open_vllm(path: str, decoding: Decoding | None) -> Client:
    from p2r_rewards.judges.vllm_client import VLLMClient

    return VLLMClient(path, decoding=decoding)


def _open_transformers(path: str, decoding: Decoding | None) -> Client:
    from p2r_rewards.judges.transformers_client import TransformersClient

    return TransformersClient(path, decoding=decoding)


def _open_replay(path: str, decoding: Decoding | None) -> Client:
    from p2r_rewards.judges.recording import ReplayClient

    if decoding is not None:
        message = "decoding is fixed in a recording; leave it out with replay:"
        raise ConfigError(message)
    return ReplayClient(path)


_REMOTE: dict[str, Callable[[str, str | None, Decoding | None], Client]] = {
    "openai": _open_openai,
    "anthropic": _open_anthropic,
}
_LOCAL: dict[str, Callable[[str, Decoding | None], Client]] = {
    "vllm": _open_vllm,
    "hf": _open_transformers,
    "replay": _open_replay,
}
