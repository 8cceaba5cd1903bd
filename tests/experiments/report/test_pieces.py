from hypothesis import given
from hypothesis import strategies as st

from p2r_rewards import parse_completion
from p2r_rewards.experiments.report.pieces import Piece, cut_completion, shorten

TAGS = [f"<{slash}{name}>" for name in ("observation", "think", "answer") for slash in ("", "/")]
TEXTS = st.lists(st.one_of(st.sampled_from([*TAGS, " ", "\n", "<Answer>", "<|im_end|>"]), st.text(max_size=6))).map(
    "".join
)


@given(TEXTS)
def test_pieces_are_the_text(text: str) -> None:
    pieces = cut_completion(parse_completion(text))
    assert "".join(piece.text for piece in pieces) == text
    assert all(piece.text for piece in pieces)


@given(TEXTS)
def test_the_graded_piece_is_the_answer(text: str) -> None:
    done = parse_completion(text)
    graded = "".join(piece.text for piece in cut_completion(done) if piece.kind == "graded")
    if done.repeats_answer or done.answer is None:
        assert graded == ""
    elif not any(tag in done.answer.text for tag in TAGS) and "<Answer>" not in text:
        assert graded == done.answer.text.strip()


@given(TEXTS, st.integers(0, 40), st.integers(3, 20))
def test_shortened_pieces_are_both_ends(text: str, chars: int, most: int) -> None:
    pieces = shorten(cut_completion(parse_completion(text)), chars=chars, most=most)
    kept = [piece.text for piece in pieces if piece.kind != "gap"]
    gaps = [int(piece.text) for piece in pieces if piece.kind == "gap"]
    assert len(gaps) <= 1
    assert sum(map(len, kept)) <= max(chars, 0) or not gaps
    assert sum(map(len, kept)) + sum(gaps) == len(text)
    if gaps:
        at = [piece.kind for piece in pieces].index("gap")
        assert text.startswith("".join(kept[:at]))
        assert text.endswith("".join(kept[at:]))


def test_shortening_again_counts_all_that_is_left_out() -> None:
    once = shorten([Piece("think", "x" * 1_000)], chars=100)
    assert shorten(once, chars=10)[1] == Piece("gap", "990")


def test_ten_thousand_tags_take_no_time() -> None:
    pieces = cut_completion(parse_completion("<think>" * 5_000 + "</think>" * 5_000))
    assert shorten(pieces)
