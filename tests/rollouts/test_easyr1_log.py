"""EasyR1's `generations.log`, to the letter of its writer.

`FileGenerationLogger.log` (verl/utils/logger/gen_logger.py of hiyouga/EasyR1, as forks keep it) writes for each sample
f"[prompt] {inp}\\n[output] {out}\\n[ground_truth] {lab}\\n[score] {score}\\n\\n".
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2r_rewards.errors import DataError
from p2r_rewards.rollouts.easyr1_log import KEPT, MARKERS, is_easyr1_log, read_easyr1_log

Sample = tuple[str, str, str, float]


def written(*samples: Sample) -> bytes:
    return "".join(
        f"[prompt] {inp}\n[output] {out}\n[ground_truth] {lab}\n[score] {score}\n\n" for inp, out, lab, score in samples
    ).encode()


def read(log: bytes, limit: int = 100_000) -> list[tuple[int, bytes, dict[str, Any] | DataError]]:
    return list(read_easyr1_log(BytesIO(log), "generations.log", max_line=limit))


def rows(log: bytes) -> list[dict[str, Any] | None]:
    return [None if isinstance(row, DataError) else row for _, _, row in read(log)]


def row(sample: Sample) -> dict[str, Any]:
    return dict(zip(("prompt", "output", "ground_truth", "score"), sample, strict=True))


GOOD: Sample = ("How many?", "<think>1 + 1</think>\n<answer>2</answer>", "2", 1.0)
OTHER: Sample = ("user\nWo? ☂\nassistant\n", "", "B", 0.0)

_TEXT = st.text(st.characters(codec="utf-8"), max_size=30) | st.sampled_from(
    [
        "a\n\nb",
        "\n",
        "\r\n",
        " [prompt] ",
        "x [output] y",
        "[score]",
        "[prompt]\nx",
        "\n[ground_truth]\n",
        "\n[scores] 1",
    ]
)
_PLAIN = _TEXT.filter(lambda text: not any(f"\n{marker.decode()}" in f"\n{text}" for marker in MARKERS))
_SAMPLES = st.tuples(_PLAIN, _PLAIN, _PLAIN, st.floats(-1e300, 1e300) | st.integers(0, 1).map(float))


@given(st.lists(_SAMPLES, min_size=1, max_size=5))
def test_what_is_written_is_read(samples: list[Sample]) -> None:
    log = written(*samples)
    assert is_easyr1_log(log)
    found = read(log)
    assert [row for _, _, row in found] == [row(sample) for sample in samples]
    assert b"".join(text for _, text, _ in found) == log
    assert [line for line, _, _ in found] == [1 + written(*samples[:n]).count(b"\n") for n in range(len(samples))]


_HOSTILE = st.lists(
    st.sampled_from(
        [
            "[prompt] ",
            "[output] ",
            "[ground_truth] ",
            "[score] ",
            "[score] 1.0\n\n",
            "[score] x\n",
            "\n",
            "\n\n",
            "text",
        ]
    ),
    max_size=12,
).map("".join)


@given(_HOSTILE, st.integers(0, 200))
def test_nothing_is_lost_and_nothing_raises(text: str, cut: int) -> None:
    log = ("[prompt] " + text).encode() + written(GOOD)
    found = read(log[:cut] if cut else log)
    assert b"".join(text for _, text, _ in found) == (log[:cut] if cut else log)


@given(_HOSTILE.filter(lambda text: not ("[output] " in text and "[ground_truth] " in text and "[prompt] " in text)))
def test_a_block_is_read_as_it_was_written_or_not_at_all(text: str) -> None:
    # The middle one's output is hostile, short of imitating a whole block beside itself.
    sample = (GOOD[0], text, "2", 0.0)
    for found in rows(written(GOOD, sample, OTHER)):
        assert found in (None, row(GOOD), row(sample), row(OTHER))


@pytest.mark.parametrize(
    ("score", "expected"), [("0.9", 0.9), ("1e-05", 1e-05), ("-0.5", -0.5), ("1", 1.0), ("inf", float("inf"))]
)
def test_scores_are_pythons_floats(score: str, expected: float) -> None:
    (found,) = rows(written(GOOD).replace(b"1.0", score.encode()))
    assert found is not None
    assert found["score"] == expected


def test_a_score_may_be_nan() -> None:
    (found,) = rows(written((*GOOD[:3], float("nan"))))
    assert found is not None
    assert found["score"] != found["score"]


BETWEEN = [
    # The output's own [ground_truth] could be the log's.
    (("Q", "x\n[ground_truth] A", "B", 0.0), [True, False, True]),
    (("Q", "x\n[output] y", "B", 0.0), [True, False, True]),
    (("Q\n[prompt] few-shot", "y", "B", 0.0), [True, False, True]),
    (("Q", "x\n[score] 1.0", "B", 0.0), [True, False, True]),
    # It imitates a block's end, gold and score included: its first half looks whole, and the block is cut in two.
    (("Q", "x\n[ground_truth] A\n[score] 1.0\n\n[prompt] y", "B", 0.0), [True, False, False, False]),
    (("Q", "x\n[score] 1.0\n\n[prompt] y", "B", 0.0), [False, False, False, False]),
]


@pytest.mark.parametrize(("sample", "readable"), BETWEEN)
def test_ambiguous_blocks_are_refused(sample: Sample, readable: list[bool]) -> None:
    found = rows(written(GOOD, sample, OTHER))
    assert [one is not None for one in found] == readable
    assert all(one in (None, row(GOOD), row(OTHER)) for one in found)


def test_a_log_that_was_cut_off_keeps_what_is_before() -> None:
    log = written(GOOD, GOOD, GOOD)
    found = read(log[:-20])
    assert [isinstance(one, DataError) for _, _, one in found] == [False, True, True]
    assert "cut off" in str(found[-1][2])


def test_a_block_that_is_not_utf8_is_refused_by_itself() -> None:
    log = written(GOOD) + written(OTHER).replace("☂".encode(), b"\xff") + written(GOOD)
    assert rows(log) == [row(GOOD), None, row(GOOD)]


def test_a_long_block_is_never_held_whole() -> None:
    log = written(GOOD, ("Q", "x" * 300_000 + "\n" + "y\n" * 50_000, "B", 0.0), OTHER)
    first, long, last = read(log, limit=10_000)
    assert (first[2], last[2]) == (row(GOOD), row(OTHER))
    assert str(long[2]) == "is longer than 10,000 bytes"
    assert len(long[1]) <= KEPT
    assert last[0] == log[: log.rindex(b"[prompt]")].count(b"\n") + 1


def test_a_mark_of_byte_order_is_no_text() -> None:
    log = b"\xef\xbb\xbf" + written(GOOD)
    assert is_easyr1_log(log)
    assert rows(log) == [row(GOOD)]


@pytest.mark.parametrize(
    "head", [b"", b"[", b'["prompt"]', b"[prompt", b"[output] x", b'{"prompt": 1}', b" [prompt] x"]
)
def test_other_files_are_no_such_log(head: bytes) -> None:
    assert not is_easyr1_log(head)
