"""parse_completion: the template (arXiv 2511.11113, Sec. 3.1), its defects, and its bounds."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2r_rewards.completion import PROCESS_AWARE, THINK_ANSWER, Kind, Process, Template
from p2r_rewards.errors import ConfigError
from p2r_rewards.malformed import find_defects, locate_segments
from p2r_rewards.parsing import SHAPE_TAGS, SHAPES, TAG_LIMIT, _find_tags, _scanner, parse_completion

GOOD = "<observation>A cup.</observation> <think>So it is.</think><answer>B</answer>"

PIECES = (
    "<observation>",
    "</observation>",
    "<think>",
    "</think>",
    "<answer>",
    "</answer>",
    "<Answer>",
    "</<observation>",
    "<answer/>",
    "<<think>",
    "text",
    " ",
    "\n",
    "<",
    ">",
    "B",
    "\ud800",
    "\x00",
    "<|im_end|>",
)
fragments = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=24).map("".join)


def faults(text: str, **options: object) -> set[str]:
    return {str(defect) for defect in parse_completion(text, **options).defects}  # type: ignore[arg-type]


def formats(text: str) -> tuple[bool, bool]:
    done = parse_completion(text)
    return done.well_formed_for(Process.PERCEPTION), done.well_formed_for(Process.REASONING)


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"\n{GOOD}\n",  # a stray newline is no fault: a lazy format regex fails it
        GOOD.replace("So it is.", "a < b and b > c"),  # a bare `<` is text
        GOOD.replace("So it is.", "<b>bold</b>"),  # other tags are text
        GOOD + "<|im_end|>\n<|endoftext|>",  # trailing end-of-sequence and padding are no text
        GOOD.replace("B<", "Ｂ<"),
    ],
)
def test_well_formed(text: str) -> None:
    done = parse_completion(text)
    assert done.well_formed
    assert done.observation is not None
    assert done.observation.text == "A cup."


@pytest.mark.parametrize(
    ("text", "defects", "perception", "reasoning"),
    [
        # Missing segments are the fault of their own process.
        ("<think>t</think><answer>B</answer>", {"missing observation"}, False, True),
        ("<observation>o</observation><think>t</think>", {"missing answer"}, True, False),
        ("", {"missing observation", "missing think", "missing answer"}, False, False),
        # Empty segments.
        ("<observation> \n</observation><think>t</think><answer>B</answer>", {"empty observation"}, False, True),
        ("<observation>o</observation><think>t</think><answer></answer>", {"empty answer"}, True, False),
        # Text before the observation is perception's fault, all other stray text reasoning's.
        ("Hi " + GOOD, {"text before"}, False, True),
        (GOOD.replace("> <", "> and <"), {"text between"}, True, False),
        (GOOD + " Done.", {"text after"}, True, False),
        (GOOD + "\nuser\nAnd now?", {"text after"}, True, False),  # an invented second turn
        # Order: the observation stands first, think before answer.
        (
            "<think>t</think><observation>o</observation><answer>B</answer>",
            {"misordered observation"},
            False,
            True,
        ),
        ("<observation>o</observation><answer>B</answer><think>t</think>", {"misordered answer"}, True, False),
        # Repeats and nesting, which lazy regexes pay.
        (GOOD + "<answer>C</answer>", {"repeated answer"}, True, False),
        (
            "<observation>o</observation><think>t<answer>B</answer></think>",
            {"nested answer"},
            True,
            False,
        ),
        (
            "<observation>o<think>t</think></observation><answer>B</answer>",
            {"nested think"},
            False,
            False,
        ),
        # Real malformations: the paper's own examples, and models'.
        ("<observation>o</<observation><think>t</think><answer>B</answer>", {"misspelt observation"}, False, True),
        (
            "<observation>o</observation><think>t</think><answer>A<answer>",
            {"unclosed answer", "repeated answer", "empty answer"},
            True,
            False,
        ),
        (
            "<observation>o</observation><think>t</think><answer>B</think>",
            {"unclosed answer", "unopened think"},
            True,
            False,
        ),
        ("<observation>o</observation><think>t</think><Answer>B</Answer>", {"misspelt answer"}, True, False),
        ("<observation>o</observation><think>cut off in mid-th", {"unclosed think", "missing answer"}, True, False),
        # A closing tag whose opening tag is missing; the answer itself can't be located.
        (
            "<think> There are 7 items.\n</answer>",
            {"missing observation", "unclosed think", "unopened answer", "missing answer"},
            False,
            False,
        ),
    ],
)
def test_defects_and_whose_fault_they_are(text: str, defects: set[str], perception: bool, reasoning: bool) -> None:
    assert faults(text) == defects
    assert formats(text) == (perception, reasoning)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("<answer>B</think>", "B"),  # closed by the wrong tag
        ("<answer>B", "B"),  # cut off
        ("<Answer>B</answer>", "B"),
        ("< answer >B</ answer>", "B"),
        ("<<answer>B</answer>", "B"),
        ("<answer>A<answer>", "A"),
        ("<think>t <answer>B</answer></think>", "B"),
        ("B", None),
        ("B</answer>", None),
    ],
)
def test_answer_is_located_in_malformed_text(text: str, answer: str | None) -> None:
    located = parse_completion(text).answer
    assert (located.text if located else None) == answer


def test_repeated_answers_are_known_whatever_their_form() -> None:
    for text in ("<answer>A</answer><answer>A</answer>", "<answer><answer>A</answer></answer>", "<answer>A<Answer>B"):
        assert parse_completion(text).repeats_answer


def test_think_answer_template_asks_for_no_observation() -> None:
    text = "<think>t</think>\n<answer>B</answer>"
    assert parse_completion(text, template=THINK_ANSWER).well_formed
    assert faults("<observation>o</observation>" + text, template=THINK_ANSWER) == {"text before"}


def test_tag_names_are_configurable() -> None:
    template = Template(observation="look", think="reason", answer="final-answer")
    done = parse_completion("<look>o</look><reason>r</reason><final-answer>4</final-answer>", template=template)
    assert done.well_formed
    assert done.answer is not None
    assert done.answer.text == "4"
    with pytest.raises(ConfigError, match="tag name"):
        Template(think="a|b")
    with pytest.raises(ConfigError, match="differ"):
        Template(think="Answer")


def test_end_strings_are_configurable_and_only_taken_off_the_end() -> None:
    assert faults(GOOD + "[EOS] [EOS]", end_strings=["[EOS]"]) == set()
    assert faults(GOOD + "[EOS]", end_strings=[]) == {"text after"}
    assert faults("<|im_end|>" + GOOD) == {"text before"}


@given(fragments, st.integers(0, 40))
def test_prefix_reads_as_if_the_policy_had_written_it(text: str, cut: int) -> None:
    cut = min(cut, len(text))
    done = parse_completion(text[cut:], prefix=text[:cut], end_strings=())
    whole = parse_completion(text, end_strings=())
    assert (done.segments, done.defects) == (whole.segments, whole.defects)
    assert done.prefix_length == cut


@given(fragments)
def test_spans_are_exact_and_nest(text: str) -> None:
    done = parse_completion(text)
    assert done.text == text
    assert 0 <= done.end <= len(text)
    for segment in done.segments:
        assert 0 <= segment.outer_start < segment.start <= segment.end <= segment.outer_end <= done.end
        assert text[segment.outer_start] == "<"
    for earlier, later in zip(done.segments, done.segments[1:], strict=False):
        assert earlier.outer_start < later.outer_start
        disjoint = earlier.outer_end <= later.outer_start
        inside = earlier.start <= later.outer_start and later.outer_end <= earlier.end
        assert disjoint or inside
    for span in (done.observation, done.think, done.answer):
        if span is not None:
            assert text[span.start : span.end] == span.text


REFERENCE = re.compile(
    r"\s*<observation>(?P<o>.+?)</observation>\s*<think>(?P<t>.+?)</think>\s*<answer>(?P<a>.+?)</answer>\s*", re.DOTALL
)
TAG = re.compile(r"<[ /<\\]{0,3}(observation|think|answer)[ /]{0,2}>", re.IGNORECASE)


@given(fragments | st.just(GOOD) | st.tuples(fragments, fragments).map(lambda ends: GOOD.join(ends)))
def test_well_formed_agrees_with_a_plain_regex(text: str) -> None:
    match = REFERENCE.fullmatch(text)
    expected = match is not None and all(not TAG.search(part) and part.strip() for part in match.groups())
    assert parse_completion(text, end_strings=()).well_formed == expected


def assert_as_by_the_general_rules(text: str, template: Template = PROCESS_AWARE) -> None:
    done = parse_completion(text, end_strings=(), template=template)
    tags = _find_tags(text, len(text), _scanner(template))
    segments, strays = locate_segments(tags, len(text))
    assert done.segments == segments
    assert done.defects == find_defects(text, len(text), tags, segments, strays, template)


@given(st.tuples(fragments, fragments, fragments))
def test_shapes_agree_with_the_general_rules_inside_segments(parts: tuple[str, str, str]) -> None:
    text = "<observation>{}</observation><think>{}</think><answer>{}</answer>"
    text = text.replace("{}", parts[0], 1).replace("{}", parts[1], 1).replace("{}", parts[2], 1)
    assert_as_by_the_general_rules(text)


@given(fragments, st.sampled_from([PROCESS_AWARE, THINK_ANSWER, Template(observation="b", think="Text", answer="B-1")]))
def test_shapes_agree_with_the_general_rules(text: str, template: Template) -> None:
    assert_as_by_the_general_rules(text, template)


@pytest.mark.parametrize("tags", [SHAPE_TAGS - 1, SHAPE_TAGS, SHAPE_TAGS + 1])
@pytest.mark.parametrize("tag", ["<answer>", "</Answer>", "<<think>"])
def test_shapes_end_at_their_limit(tags: int, tag: str) -> None:
    assert len(parse_completion(GOOD + tag * (tags - 6)).segments) >= 3
    assert_as_by_the_general_rules(GOOD + tag * (tags - 6))


@pytest.mark.parametrize("others", [TAG_LIMIT - 6, TAG_LIMIT, TAG_LIMIT + 1])
def test_shapes_leave_misspelt_tags_alone_where_more_than_the_limit_of_other_signs_stand(others: int) -> None:
    assert_as_by_the_general_rules(GOOD + "< " * (others - 1) + "<Answer>")


def test_shapes_are_remembered_up_to_a_limit() -> None:
    for number in range(SHAPES + 10):
        parse_completion("".join("<answer>" if number >> bit & 1 else "</think>" for bit in range(11)))
    assert len(_scanner(PROCESS_AWARE).shapes) <= SHAPES
    assert parse_completion(GOOD).well_formed


@pytest.mark.parametrize(
    "piece", ["<answer>", "</answer>", "<think><answer>", "<Answer>", "</<observation>", "<", "</s>"]
)
def test_a_million_characters_of_tags_keep_within_the_tag_limit(piece: str) -> None:
    done = parse_completion(piece * (1_000_000 // len(piece)))
    assert len(done.segments) <= TAG_LIMIT
    assert len(done.defects) < 40


def test_ten_thousand_repeated_tags_are_survived_and_located() -> None:
    done = parse_completion("<think>" * 10_000 + "<answer>B</answer>")
    assert done.answer is not None
    assert done.answer.text == "B"
    assert Kind.THINK in {segment.kind for segment in done.segments}
