"""The whole hostile corpus against the parser, every grader (as answer and as gold) and the rewards."""

import math
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from p2r_rewards import ProblemType, Score, Unscored, grade, parse_completion, reward_completion
from p2r_rewards.completion import Process
from p2r_rewards.testing import hostile_inputs
from p2r_rewards.testing.cases import PLAIN
from p2r_rewards.testing.hostile import GROUPS

CORPUS = {hostile.name: hostile for hostile in hostile_inputs()}
SHORT = {name: hostile.text for name, hostile in CORPUS.items() if len(hostile) <= 20_000}

HANG_S = 5.0
"""Far above any honest time (milliseconds): what takes longer does not end."""

MAX_SAID = 200
"""Characters of an explanation."""

# Why a hostile input is paid in full where it answers the plain problem of a type, by reason.
_NUMBER_REASONS = {
    "the same number in another dress": """
        points 42.|signs +42|signs (42)|exponents 42e0|exponents 4.2e1|exponents 42E-0|exponents 4.2x10^1
        exponents 0.42e2|bases 042|scales 4200%|fractions 42/1|fractions 84/2|fractions \\\\frac{84}{2}
        """,
    "punctuation or markup around the number": """
        underscores _42|commas 42,|relations 42?|relations 42!
        """,
    "one number, said twice": "commas 42, 42",
    "a unit where the gold has none": """
        bases 42L|scales 42\\xb0|scales $42|units 42 km|units 42cm|units 42 m^2|units 42 apples|units 42 km/h
        compatibility \\u2116 42
        """,
    "one number in a few words": """
        relations \\u224842|relations ~42|relations about 42|relations x=42|words forty-two or so
        """,
    "number words": "words forty-two|words forty two",
    "digits that NFKC or Unicode makes plain": """
        digits \\uff14\\uff12|digits \\u0664\\u0662|digits \\u096a\\u0968|digits 42\\ufe0e|digits 4\\u200b2
        digits \\u32b7|digits \\U0001d7d2\\U0001d7d0|compatibility \\uff14\\uff12
        """,
}
REASONS = {
    ProblemType.MULTIPLE_CHOICE: {
        "the letter between white space": "right answer and 4000 spaces|right answer after 4000 newlines",
        "the letter in tags or markup": """
            answer tags <answer>B</answer>|answer tags <answer>B|answer tags B</answer>
            answer tags </answer>B<answer>|nested <answer><answer>B</answer></answer>
            misspelt <Answer>B</Answer>|misspelt <answer/>B|misspelt <<answer>>B|misspelt &lt;answer&gt;B
            markup <b>B</b>|markup <!-- B -->|markup <![CDATA[B]]>|markup <answer id='1'>B</answer>
            """,
        "a whole completion with one letter in it": "answer before think",
        "the letter and what can't be seen": """
            surrogate B\\ud800|control B\\x00|direction \\u200fB|joined B\\u200d|joined B\\u034f
            joined \\u200bB\\u200b|joined B\\ufe0f|joined \\ufeffB|joined B\\xad|joiners x 4000|emoji \\u2611 B
            """,
        "the letter by compatibility": """
            look-alike \\uff22|look-alike \\U0001d401|look-alike \\u24b7|look-alike \\U0001f171
            look-alike \\u24d1|look-alike \\u249d
            """,
    },
    ProblemType.NUMERICAL: _NUMBER_REASONS,
    ProblemType.REGRESSION: {
        **_NUMBER_REASONS,
        "nearer than a float can tell": "points 42.00000000000000001",
    },
    ProblemType.TEMPORAL: {
        "the interval in another dress": """
            interval [10, 20]|interval (10, 20)|interval 10 to 20|interval 10-20|interval [10, 20
            clock 00:10 to 00:20|clock 0:10-0:20|clock :10 to :20|clock 10s to 20s
            """,
    },
}

# Paid at the time of writing, and hard to defend: they may stop being paid, and no others may join them.
DOUBTFUL = {
    ProblemType.MULTIPLE_CHOICE: {
        "a hedge after a statement": "hedge I think B but it may be C",
        "a correction after a statement": "two statements B. No, A.",
        "a second letter that is read as the article": "control B\\x08A|direction B\\u202eA",
    },
}

_times: list[tuple[float, str]] = []


@pytest.fixture(scope="module", autouse=True)
def the_slowest():
    """Prints what took longest, when all has run."""
    yield
    for seconds, label in sorted(_times, reverse=True)[:10]:
        print(f"{1000 * seconds:8.1f} ms  {label}")


def _names(reasons):
    return {
        name.strip() for names in reasons.values() for line in names.strip().splitlines() for name in line.split("|")
    }


def _timed(label, function, *arguments, **options):
    start = time.thread_time()
    result = function(*arguments, **options)
    seconds = time.thread_time() - start
    _times.append((seconds, label))
    assert seconds < HANG_S, label
    return result


def _check_grade(earned, kind, label):
    assert isinstance(earned, Score | Unscored), label
    if isinstance(earned, Score):
        assert isinstance(earned.value, float), label
        assert math.isfinite(earned.value), label
        assert 0.0 <= earned.value <= 1.0, label
    said = earned.how if isinstance(earned, Score) else earned.reason
    assert 0 < len(said) <= MAX_SAID, label


def test_the_corpus_is_large_and_its_names_are_unique():
    assert len(CORPUS) == sum(map(len, GROUPS.values())) >= 300
    assert sum(len(hostile) >= 900_000 for hostile in CORPUS.values()) >= 20
    for hostile in CORPUS.values():
        assert len(hostile) == len(hostile.text), hostile.name


@pytest.mark.parametrize("kind", ProblemType)
def test_as_an_answer_it_scores_and_full_payment_is_explained(kind):
    paid = set()
    for name, hostile in CORPUS.items():
        earned = _timed(f"{kind} answer {name}", grade, PLAIN[kind], hostile.text)
        _check_grade(earned, kind, name)
        assert isinstance(earned, Score), f"{name}: an unreadable answer is the model's fault: {earned}"
        if earned.value >= 1.0:
            paid.add(name)
    explained = _names(REASONS.get(kind, {}))
    assert paid - explained - _names(DOUBTFUL.get(kind, {})) == set()


def test_the_explanations_name_inputs_of_the_corpus():
    named = {name for table in (REASONS, DOUBTFUL) for reasons in table.values() for name in _names(reasons)}
    assert named - set(CORPUS) == set()


@pytest.mark.parametrize("kind", ProblemType)
def test_as_a_gold_it_is_graded_or_unscored(kind):
    for name, hostile in CORPUS.items():
        text = hostile.text
        problem = replace(PLAIN[kind], gold=text, id=name)
        earned = _timed(f"{kind} gold {name}", grade, problem, "B")
        _check_grade(earned, kind, name)
        if not text.strip():
            assert isinstance(earned, Unscored), name
        if len(text) <= 4096:
            _check_grade(_timed(f"{kind} gold and answer {name}", grade, problem, text), kind, name)


@pytest.mark.parametrize("kind", [ProblemType.MULTIPLE_CHOICE, ProblemType.MULTI_SELECT])
def test_as_an_option_or_a_question_it_is_graded_or_unscored(kind):
    for name, text in SHORT.items():
        plain = PLAIN[kind]
        options = ("A. a cat", f"B. {text}", "C. a fish", "D. a bird")
        _check_grade(_timed(f"{kind} option {name}", grade, replace(plain, options=options, id=name), "B"), kind, name)
        _check_grade(_timed(f"{kind} question {name}", grade, replace(plain, question=text, id=name), "B"), kind, name)


def test_parsing_is_total_and_its_spans_are_exact():
    for name, hostile in CORPUS.items():
        text = hostile.text
        done = _timed(f"parse {name}", parse_completion, text)
        assert done.text == text, name
        assert done.well_formed == (not done.defects), name
        for span in (done.observation, done.think, done.answer):
            assert span is None or text[span.start : span.end] == span.text, name
        assert not done.well_formed, name  # no input of the corpus has all three segments in good form


def test_rewards_are_total_and_never_full():
    problem = PLAIN[ProblemType.MULTIPLE_CHOICE]
    for name, hostile in CORPUS.items():
        reward = _timed(f"reward {name}", reward_completion, problem, hostile.text, sufficient=True, lengths=(200, 400))
        for part in (reward.perception, reward.reasoning):
            assert part.total is not None, name
            assert math.isfinite(part.total), name
            assert 0.0 <= part.total <= 2.2, name
        assert reward.perception.total + reward.reasoning.total < 4.4, name
        if reward.completion.repeats_answer:
            assert reward.reasoning.accuracy == 0.0, name
        assert (reward.reasoning.format == 1.0) == reward.completion.well_formed_for(Process.REASONING), name


def test_inside_an_answer_it_can_not_buy_the_format_of_two_answers():
    head = "<observation>A dog barks.</observation><think>So.</think>"
    for name, text in SHORT.items():
        reward = reward_completion(
            PLAIN[ProblemType.MULTIPLE_CHOICE], f"{head}<answer>{text}</answer>", sufficient=True
        )
        if "<answer>" in text:
            assert reward.reasoning.format == 0.0, name
            assert reward.reasoning.accuracy == 0.0, name


@pytest.mark.parametrize("kind", ProblemType)
def test_threads_grade_the_same(kind):
    sample = {name: text for name, text in SHORT.items() if len(text) <= 5_000}
    alone = {name: grade(PLAIN[kind], text) for name, text in sample.items()}
    with ThreadPoolExecutor(4) as pool:
        together = dict(zip(sample, pool.map(lambda text: grade(PLAIN[kind], text), sample.values()), strict=True))
    assert together == alone
