"""Random expressions, rendered in several styles, are equal to themselves and to nothing else."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from p2r_rewards.graders import GradingConfig
from p2r_rewards.graders.math import GRADER
from p2r_rewards.graders.math.grading import Gold
from p2r_rewards.problem import Problem
from p2r_rewards.scores import Score, Unscored
from tests.graders.math.cases import CASES

CONFIG = GradingConfig()


def compare(gold: str, answer: str) -> Score | Unscored:
    prepared = GRADER.prepare(Problem(None, gold=gold, type="math"), gold, CONFIG)
    return GRADER.compare(prepared, answer) if isinstance(prepared, Gold) else prepared


# A tree is a number, a name, or (operator, left, right).
numbers = st.integers(-20, 20) | st.fractions(-9, 9, max_denominator=12)
leaves = numbers | st.sampled_from(["x", "y", "n", "pi", "root2"])
trees = st.recursive(leaves, lambda inner: st.tuples(st.sampled_from("+-*/^"), inner, inner), max_leaves=7)


def latex(tree: object) -> str:
    if isinstance(tree, int | Fraction):
        sign, size = "-" if tree < 0 else "", abs(tree)
        text = str(size) if Fraction(size).denominator == 1 else rf"\frac{{{size.numerator}}}{{{size.denominator}}}"
        return f"({sign}{text})" if sign else text
    if isinstance(tree, str):
        return {"pi": r"\pi ", "root2": r"\sqrt{2}"}.get(tree, tree)
    operator, left, right = tree  # type: ignore[misc]
    if operator == "/":
        return rf"\frac{{{latex(left)}}}{{{latex(right)}}}"
    if operator == "^":
        return rf"\left({latex(left)}\right)^{{{small(right)}}}"
    joint = {"*": r"\cdot "}.get(operator, operator)
    return rf"\left({latex(left)}{joint}{latex(right)}\right)"


def plain(tree: object) -> str:
    if isinstance(tree, int | Fraction):
        return f"({tree})"
    if isinstance(tree, str):
        return {"root2": "sqrt(2)"}.get(tree, tree)
    operator, left, right = tree  # type: ignore[misc]
    return f"({plain(left)})**{small(right)}" if operator == "^" else f"({plain(left)}) {operator} ({plain(right)})"


def rearranged(tree: object) -> str:
    """Sums and products turned round, quotients as powers of -1."""
    if not isinstance(tree, tuple):
        return latex(tree)
    operator, left, right = tree
    if operator == "+":
        return f"({rearranged(right)}+{rearranged(left)})"
    if operator == "-":
        return f"(-({rearranged(right)})+{rearranged(left)})"
    if operator == "*":
        return f"({rearranged(right)})({rearranged(left)})"
    if operator == "/":
        return f"(({rearranged(right)})^{{-1}} {rearranged(left)})"
    return f"({rearranged(left)})^{small(right)}"


def small(tree: object) -> int:
    """An exponent of 0 to 3 from anything."""
    return len(repr(tree)) % 4


def has_value(text: str) -> bool:
    return getattr(compare(text, text + "+0"), "value", 0) == 1


@settings(max_examples=150, deadline=None)
@given(trees)
def test_styles_of_one_expression_are_equal(tree: object) -> None:
    assume(has_value(latex(tree)))
    for gold, answer in [(latex, plain), (plain, latex), (latex, rearranged), (rearranged, plain)]:
        graded = compare(gold(tree), answer(tree))
        assert isinstance(graded, Score)
        assert graded.value == 1, (gold(tree), answer(tree), graded.how)


@settings(max_examples=150, deadline=None)
@given(trees, st.sampled_from(["+1", "+x", r"+\sqrt{3}", r"+\frac{1}{1000}", "-y", r"+\pi"]))
def test_a_changed_expression_is_not_equal(tree: object, change: str) -> None:
    assume(has_value(latex(tree)))
    assert compare(latex(tree), plain(tree) + change).value == 0  # type: ignore[union-attr]
    assert compare(latex(tree), latex(tree) + change).value == 0  # type: ignore[union-attr]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(CASES), st.sampled_from(CASES))
def test_values_compare_the_same_both_ways(one: object, other: object) -> None:
    left, right = one.gold, other.gold  # type: ignore[attr-defined]
    # A percent sign, a constant of integration or an approximation binds the gold only.
    assume(not any(mark in left + right for mark in ("%", "C", "approx")))
    assert getattr(compare(left, right), "value", None) == getattr(compare(right, left), "value", None), (left, right)


_ALPHABET = st.sampled_from(
    [*"0123456789xyzein+-*/^_=<>()[]{}|,.!%$&:;' \\~", r"\frac", r"\sqrt", r"\left", r"\right", r"\{", r"\}", r"\text{",
     r"\boxed{", r"\begin{pmatrix}", r"\end{pmatrix}", r"\pm", r"\infty", r"\cup", r"\in", r"\sin", r"\log_", r"\\",
     "and", "the answer is", "cm", "{", "}", "\x00", "\ud800", "é", "²", "½", "√", "−", "一"]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(_ALPHABET, max_size=40).map("".join), st.lists(_ALPHABET, max_size=40).map("".join))
def test_anything_gets_a_grade(gold: str, answer: str) -> None:
    for left, right in [(gold, answer), ("1", answer), (gold, gold)]:
        graded = compare(left, right)
        assert isinstance(graded, Score | Unscored)
        if isinstance(graded, Score):
            assert graded.value in (0.0, 1.0)
            assert len(graded.how) <= 200


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_any_text_gets_a_grade(answer: str) -> None:
    for gold in ("1", r"\frac{x}{2}", "even", "(1,2)", r"x > 3"):
        assert isinstance(compare(gold, answer), Score)


@given(st.fractions(), st.fractions())
def test_rationals_are_equal_exactly_when_they_are(left: Fraction, right: Fraction) -> None:
    graded = compare(rf"\frac{{{left.numerator}}}{{{left.denominator}}}", f"{right.numerator}/{right.denominator}")
    assert getattr(graded, "value", None) == float(left == right)


@given(
    st.sampled_from([r"\frac{%d}{%d}", "%d/%d", r"-\frac{%d}{%d}", r"\dfrac{-%d}{%d}", "-%d/%d"]),
    st.integers(0, 40),
    st.integers(0, 40),
    st.sampled_from(["0.5", "2", "-0.25", "0", "-0", "1.50", "0.333", "3"]),
    st.sampled_from(["What share?", "How many percent?"]),
)
def test_simple_numbers_meet_fractions_as_by_the_general_rules(form, above, below, answer, question):
    gold = form % (above, below)
    prepared = GRADER.prepare(Problem(question, gold=gold, type="math"), gold, GradingConfig())
    if not isinstance(prepared, Unscored):
        assert GRADER.compare(prepared, answer) == GRADER.compare(replace(prepared, number=None), answer)
