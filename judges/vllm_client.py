"""A model that vLLM runs in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from p2r_rewards.errors import MissingExtraError
from p2r_rewards.judges.batching import Batcher, LoadOnce, Request
from p2r_rewards.judges.client import Message, Reply
from p2r_rewards.judges.decoding import Decoding
from p2r_rewards.judges.failures import LoadError, ReplyError
from p2r_rewards.judges.structured import choice_pattern, read_choice


class VLLMClient:
    """A model in vLLM's engine, loaded when it is first asked; never with `trust_remote_code`.

    Args:
        path: A folder with the model, or its name on the hub.
        decoding: The decoding parameters; `extra` goes to the chat template.
        batch_size: The most prompts handed to the engine at once.
        engine: What the engine is opened with, such as `{"gpu_memory_utilization": 0.4}`.

    Raises:
        MissingExtraError: vLLM is not installed.
    """

    def __init__(
        self,
        path: str,
        *,
        decoding: Decoding | None = None,
        batch_size: int = 256,
        engine: dict[str, Any] | None = None,
    ) -> None:
        from importlib.util import find_spec

        if find_spec("vllm") is None:
            package, extra = "vllm", "vllm"
            raise MissingExtraError(package, extra)
        self.model = path
        self.address = "vllm"
        self.decoding = decoding or Decoding()
        self.batch_size = batch_size
        self.engine = dict(engine or {})
        self._batcher = Batcher(self._generate, batch_size)
        self._engine = LoadOnce(self._load, f"vllm:{path}")

    async def complete(self, messages: Sequence[Message], *, choices: Sequence[str] | None = None) -> Reply:
        """The model's reply; with `choices`, exactly one of them, from JSON that explains it first."""
        return await self._batcher.submit(Request(messages, tuple(choices) if choices else None))

    async def load(self) -> None:
        """Loads the model, unless it is; a failure is told to whoever asks it."""
        with suppress(LoadError):
            await asyncio.to_thread(self._engine.get)

    async def aclose(self) -> None:
        """Ends the worker; the engine stays loaded."""
        await self._batcher.aclose()

    def _generate(self, requests: list[Request]) -> list[Reply | Exception]:
        """The replies; vLLM refuses a batch for one prompt in it, which is found by halves."""
        try:
            return self._chat(requests)
        except ValueError as error:
            if len(requests) == 1:
                return [ReplyError(f"vLLM refuses the prompt: {str(error)[:200]}")]
            half = len(requests) // 2
            return [*self._generate(requests[:half]), *self._generate(requests[half:])]

    def _chat(self, requests: list[Request]) -> list[Reply | Exception]:
        outputs = self._engine.get().chat(
            [[dict(message) for message in request.messages] for request in requests],
            [self._sampling(request.choices) for request in requests],
            use_tqdm=False,
            chat_template_kwargs=dict(self.decoding.extra) or None,
        )
        return [_read_output(output, request.choices) for output, request in zip(outputs, requests, strict=True)]

    def _sampling(self, choices: tuple[str, ...] | None) -> Any:
        from vllm import SamplingParams

        settings: dict[str, Any] = {"max_tokens": self.decoding.max_tokens, **self.decoding.sampling()}
        if choices:
            from vllm.sampling_params import StructuredOutputsParams

            # Bounded, so that a reply comes to its choice before it is cut off, whatever the tokenizer; under a JSON
            # schema a model may write white space without end.
            pattern = choice_pattern(choices, self.decoding.max_tokens // 2)
            settings["structured_outputs"] = StructuredOutputsParams(regex=pattern)
        return SamplingParams(**settings)

    def _load(self) -> Any:
        from vllm import LLM

        return LLM(model=self.model, **{**self.engine, "trust_remote_code": False})

    def __reduce__(self) -> tuple[Any, ...]:
        return _reopen, (self.model, self.decoding, self.batch_size, self.engine)

    def __repr__(self) -> str:
        return f"VLLMClient({self.model!r})"


def _reopen(path: str, decoding: Decoding, batch_size: int, engine: dict[str, Any]) -> VLLMClient:
    return VLLMClient(path, decoding=decoding, batch_size=batch_size, engine=engine)


def _read_output(output: Any, choices: tuple[str, ...] | None) -> Reply:
    written = output.outputs[0]
    choice = read_choice(written.text, choices) if choices else None
    return Reply(
        written.text if choice is None else choice,
        written.finish_reason,
        len(output.prompt_token_ids or ()),
        len(written.token_ids),
        None if choice is None else written.text,
    )
