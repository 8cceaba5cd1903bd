"""The text of a completion, however a trainer or a server hands it over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from p2r_rewards.errors import DataError

_POLICY = ("assistant", "model", "gpt")


def completion_text(completion: object) -> str:
    """The policy's text of a completion: a string, a message, or a list of messages.

    Of a list, the last message of the assistant counts; of messages without roles, the last. Content may be text or
    a list of parts. A server that parses thoughts away hands them over as `reasoning_content` (or `reasoning`): they
    are put back in front as `<think>…</think>`, unless the content holds a think tag itself.

    Raises:
        DataError: It is none of these, or all its messages are somebody else's.

    Example:
        >>> completion_text([{"role": "assistant", "content": "<answer>B</answer>", "reasoning_content": "So B."}])
        '<think>So B.</think><answer>B</answer>'
    """
    if isinstance(completion, str):
        return completion
    if isinstance(completion, Mapping):
        return _message_text(completion)
    if isinstance(completion, Sequence) and completion and all(isinstance(item, Mapping) for item in completion):
        spoken = [message for message in completion if message.get("role") in _POLICY]
        spoken = spoken or [message for message in completion if message.get("role") is None]
        if not spoken:
            roles = sorted({str(message.get("role")) for message in completion})
            error = f"no message is the assistant's: the roles are {', '.join(roles[:8])}"
            raise DataError(error)
        return _message_text(spoken[-1])
    message = f"a completion is text, a message or a list of messages, not {type(completion).__name__}"
    raise DataError(message)


def _message_text(message: Mapping[str, object]) -> str:
    if "content" not in message:
        error = f"a message needs the key 'content'; it has {sorted(map(str, message))[:8]}"
        raise DataError(error)
    content = _content_text(message["content"])
    thoughts = message.get("reasoning_content") or message.get("reasoning")
    if isinstance(thoughts, str) and thoughts and "<think>" not in content:
        return f"<think>{thoughts}</think>{content}"
    return content


def _content_text(content: object) -> str:
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, Sequence):
        texts = [part.get("text") if isinstance(part, Mapping) else part for part in content]
        return "".join(text for text in texts if isinstance(text, str))
    error = f"a message's content is text or a list of parts, not {type(content).__name__}"
    raise DataError(error)
