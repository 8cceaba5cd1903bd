"""A model of the library transformers in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from p2r_rewards.errors import ConfigError, MissingExtraError
from p2r_rewards.judges.batching import Batcher, LoadOnce, Request
from p2r_rewards.judges.client import Message, Reply
from p2r_rewards.judges.decoding import Decoding
from p2r_rewards.judges.failures import LoadError

if TYPE_CHECKING:
    import torch


class TransformersClient:
    """A causal language model with a chat template, loaded when it is first asked; never with `trust_remote_code`.

    Requests are run in batches in a thread of its own. With choices, the model explains itself freely and is then held
    to exactly one of them, token by token.

    Args:
        path: A folder with the model, or its name on the hub.
        decoding: The decoding parameters; `extra` goes to the chat template.
        batch_size: The most prompts of one batch.
        device: Where it runs; by default a GPU if there is one.

    Raises:
        MissingExtraError: torch or transformers is not installed.
    """

    def __init__(
        self, path: str, *, decoding: Decoding | None = None, batch_size: int = 16, device: str | None = None
    ) -> None:
        try:
            import torch  # noqa: F401
            import transformers  # noqa: F401
        except ImportError as error:
            package, extra = "transformers", "trl"
            raise MissingExtraError(package, extra) from error
        self.model = path
        self.address = "transformers"
        self.decoding = decoding or Decoding()
        self.batch_size = batch_size
        self.device = device
        self._batcher = Batcher(self._generate, batch_size)
        self._model = LoadOnce(self._load, f"hf:{path}")

    async def complete(self, messages: Sequence[Message], *, choices: Sequence[str] | None = None) -> Reply:
        """The model's reply; with `choices`, one that ends in exactly one of them."""
        return await self._batcher.submit(Request(messages, tuple(choices) if choices else None))

    async def load(self) -> None:
        """Loads the model, unless it is; a failure is told to whoever asks it."""
        with suppress(LoadError):
            await asyncio.to_thread(self._model.get)

    async def aclose(self) -> None:
        """Ends the worker; the model stays loaded."""
        await self._batcher.aclose()

    def _generate(self, requests: list[Request]) -> list[Reply]:
        tokenizer, _ = self._model.get()
        prompts = [self._prompt(tokenizer, request.messages) for request in requests]
        replies: list[Reply | None] = [None] * len(requests)
        for choices in dict.fromkeys(request.choices for request in requests):  # seldom more than one
            places = [place for place, request in enumerate(requests) if request.choices == choices]
            written = self._run([prompts[place] for place in places])
            if choices:
                written = self._choose([prompts[place] for place in places], written, choices)
            for place, reply in zip(places, written, strict=True):
                replies[place] = reply
        return [reply for reply in replies if reply is not None]

    def _choose(self, prompts: list[list[int]], written: list[Reply], choices: tuple[str, ...]) -> list[Reply]:
        """The replies, each of those that do not end in a choice continued by exactly one."""
        tokenizer, _ = self._model.get()
        open_ends = [place for place, reply in enumerate(written) if not reply.text.rstrip().endswith(choices)]
        ids = [tokenizer.encode(choice, add_special_tokens=False) for choice in choices]
        begun = [tokenizer.encode(f"{written[place].text}\n", add_special_tokens=False) for place in open_ends]
        longer = [prompts[place] + more for place, more in zip(open_ends, begun, strict=True)]
        for place, ending in zip(open_ends, self._run(longer, ids) if longer else [], strict=True):
            said = written[place]
            # What was written is told of, not read: it may hold half a verdict.
            read = (said.prompt_tokens or 0) + (ending.prompt_tokens or 0)
            wrote = (said.completion_tokens or 0) + (ending.completion_tokens or 0)
            written[place] = Reply(ending.text.strip(), "stop", read, wrote, f"{said.text}\n{ending.text}")
        return written

    def _run(self, prompts: list[list[int]], choices: list[list[int]] | None = None) -> list[Reply]:
        import torch

        tokenizer, model = self._model.get()
        length, pad = max(map(len, prompts)), tokenizer.pad_token_id
        ids = torch.tensor([[pad] * (length - len(prompt)) + prompt for prompt in prompts], device=model.device)
        mask = torch.tensor([[0] * (length - len(p)) + [1] * len(p) for p in prompts], device=model.device)
        settings = self._settings(model)
        if choices is not None:
            settings |= {"max_new_tokens": max(map(len, choices)) + 1, "do_sample": False}
            settings["prefix_allowed_tokens_fn"] = _allow(choices, length, settings["eos_token_id"])
        with torch.inference_mode():
            written = model.generate(input_ids=ids, attention_mask=mask, pad_token_id=pad, **settings)
        return [
            _read_reply(tokenizer, row[length:].tolist(), settings["eos_token_id"], len(prompt))
            for row, prompt in zip(written, prompts, strict=True)
        ]

    def _settings(self, model: Any) -> dict[str, Any]:
        decoding = self.decoding
        ends = model.generation_config.eos_token_id
        tokenizer, _ = self._model.get()
        ends = [ends] if isinstance(ends, int) else list(ends or [tokenizer.eos_token_id])
        settings: dict[str, Any] = {"max_new_tokens": decoding.max_tokens, "eos_token_id": ends}
        if decoding.temperature:
            settings |= {"do_sample": True, "temperature": decoding.temperature, "top_p": decoding.top_p or 1.0}
        else:
            settings |= {"do_sample": False, "temperature": None, "top_p": None, "top_k": None}
        return settings

    def _prompt(self, tokenizer: Any, messages: Sequence[Message]) -> list[int]:
        text = tokenizer.apply_chat_template(
            [dict(message) for message in messages], add_generation_prompt=True, tokenize=False, **self.decoding.extra
        )
        ids: list[int] = tokenizer.encode(text, add_special_tokens=False)
        return ids

    def _load(self) -> tuple[Any, Any]:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer, set_seed

        tokenizer = AutoTokenizer.from_pretrained(self.model, trust_remote_code=False)
        if not tokenizer.chat_template:
            message = "the tokenizer has no chat template; a judge is an instruction model"
            raise ConfigError(message)
        if tokenizer.pad_token_id is None:
            tokenizer.pad_token = tokenizer.eos_token
        device = self.device or ("cuda" if torch.cuda.is_available() else "cpu")
        model: Any = AutoModelForCausalLM.from_pretrained(self.model, trust_remote_code=False, dtype="auto")
        if self.decoding.seed is not None:
            set_seed(self.decoding.seed)
        return tokenizer, model.to(device).eval()

    def __reduce__(self) -> tuple[Any, ...]:
        return _reopen, (self.model, self.decoding, self.batch_size, self.device)

    def __repr__(self) -> str:
        return f"TransformersClient({self.model!r})"


def _reopen(path: str, decoding: Decoding, batch_size: int, device: str | None) -> TransformersClient:
    return TransformersClient(path, decoding=decoding, batch_size=batch_size, device=device)


def _allow(choices: list[list[int]], start: int, ends: list[int]) -> Callable[[int, torch.Tensor], list[int]]:
    """What may come next so that the text behind `start` becomes one of the choices, and then ends."""

    def allowed(_: int, ids: torch.Tensor) -> list[int]:
        begun = ids[start:].tolist()
        following = {
            choice[len(begun)] for choice in choices if len(choice) > len(begun) and choice[: len(begun)] == begun
        }
        return sorted(following) if following and begun not in choices else list(ends)

    return allowed


def _read_reply(tokenizer: Any, ids: list[int], ends: list[int], prompt_tokens: int) -> Reply:
    end = next((place for place, token in enumerate(ids) if token in ends), None)
    kept = ids if end is None else ids[:end]
    text = tokenizer.decode(kept, skip_special_tokens=True)
    return Reply(text, "length" if end is None else "stop", prompt_tokens, len(kept))
