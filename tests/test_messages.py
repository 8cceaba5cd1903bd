"""Completions as trainers and servers hand them over."""

from typing import Any

import pytest

from p2r_rewards import DataError, completion_text


@pytest.mark.parametrize(
    ("completion", "text"),
    [
        ("plain", "plain"),
        ([{"role": "assistant", "content": "a"}], "a"),
        ({"role": "assistant", "content": "a"}, "a"),
        ([{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}], "a"),
        ([{"role": "assistant", "content": "a"}, {"role": "tool", "content": "t"}], "a"),
        ([{"content": [{"type": "text", "text": "a"}, {"type": "image"}, "b"]}], "ab"),
        ([{"role": "assistant", "content": None, "reasoning_content": "t"}], "<think>t</think>"),
        ([{"role": "assistant", "content": "<think>t</think>a", "reasoning_content": "t"}], "<think>t</think>a"),
        ([{"role": "assistant", "content": "a", "reasoning": "t"}], "<think>t</think>a"),
        ([{"role": "user", "content": "q"}, {"role": "model", "content": "a"}], "a"),
    ],
)
def test_texts(completion: Any, text: str) -> None:
    assert completion_text(completion) == text


@pytest.mark.parametrize(
    "completion", [None, 3, [], [1], [{"role": "assistant"}], {"content": 5}, [{"role": "user", "content": "q"}]]
)
def test_anything_else_is_refused(completion: Any) -> None:
    with pytest.raises(DataError, match=r"completion|message"):
        completion_text(completion)
