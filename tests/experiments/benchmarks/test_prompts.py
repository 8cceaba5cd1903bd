"""Prompts in the three forms, and subtitles."""

from __future__ import annotations

from pathlib import Path

import pytest

from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.experiments.benchmarks.locate import load_benchmark
from p2r_rewards.experiments.benchmarks.prompts import STYLES, write_prompt
from p2r_rewards.experiments.benchmarks.question import Question
from p2r_rewards.experiments.benchmarks.subtitles import cut_subtitles, parse_subtitles, read_subtitles
from tests.experiments.benchmarks.made_layouts import MAKERS, make_video_mme


@pytest.fixture(scope="module")
def questions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Question]]:
    root = tmp_path_factory.mktemp("data")
    return {
        name: {question.key: question for question in load_benchmark(make(root / name, clips=False)).questions}
        for name, make in MAKERS.items()
    }


def test_every_question_has_a_prompt_in_every_style(questions: dict[str, dict[str, Question]]) -> None:
    for asked in questions.values():
        for question in asked.values():
            for style in STYLES:
                text = write_prompt(question, style).text
                assert (question.problem.question or "").split("\n")[0].split("?")[0] in text
                shown = question.problem.options if "\n" in question.wording.question else ()
                assert all(text.count(option.partition(". ")[2]) for option in shown)


def test_tags_are_asked_for_where_they_are_wanted(questions: dict[str, dict[str, Question]]) -> None:
    question = questions["mvbench"]["moving_count/0"]
    aware, thinking, direct = (write_prompt(question, style) for style in STYLES)
    assert "<observation>" in aware.text
    assert "<think>" in thinking.text
    assert "<observation>" not in thinking.text
    assert "<" not in direct.text
    # The opening of a direct reply, and the system's turn, would contradict the tags.
    assert (direct.prefix, bool(direct.system)) == ("Best option:(", True)
    assert (aware.prefix, aware.system, thinking.prefix) == ("", "", "")


def test_preambles_stand_in_every_style(questions: dict[str, dict[str, Question]]) -> None:
    for name, key in (("vsi-bench", "test/1"), ("videommmu", "Adaptation/dev_Art_Theory_2")):
        question = questions[name][key]
        assert all(question.wording.preamble in write_prompt(question, style).text for style in STYLES)


def test_glued_options_are_shown_once(questions: dict[str, dict[str, Question]]) -> None:
    text = write_prompt(questions["vcr-bench"]["test/0"], "direct").text
    assert text.count("Joy") == 1


def test_yes_or_no_is_told_where_no_options_are_shown(questions: dict[str, dict[str, Question]]) -> None:
    text = write_prompt(questions["tempcompass"]["yes_no/1/action/0"], "process-aware").text
    assert "The answer is yes or no." in text


def test_subtitles_are_off_unless_given(tmp_path: Path) -> None:
    root = make_video_mme(tmp_path, clips=False)
    question = load_benchmark(root).questions[0]
    assert "Hello." not in write_prompt(question).text
    cues = read_subtitles(root / question.problem.meta["subtitles"])
    assert "Hello." in write_prompt(question, subtitles=cut_subtitles(cues, [0.5])).text
    assert cut_subtitles(cues, [1.5]) == ""
    assert read_subtitles(root / "subtitle" / "none.srt") == ()


def test_subtitles_in_odd_forms(tmp_path: Path) -> None:
    first = "\ufeff1\r\n00:00:01,000 --> 00:00:02,000\r\n<b>One</b>\r\n"
    text = f"{first}\r\n\r\nnot a cue\r\n\r\n2\r\n0:00:03.5 --> 0:00:04.0\r\nTwo\r\nthree"
    assert [cue.text for cue in parse_subtitles(text)] == ["One", "Two three"]
    (tmp_path / "bad.srt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="subtitles"):
        read_subtitles(tmp_path / "bad.srt")


def test_unknown_styles_and_unfit_templates(questions: dict[str, dict[str, Question]], tmp_path: Path) -> None:
    question = questions["mmvu"]["validation/validation_1"]
    with pytest.raises(ConfigError, match="process-aware, think-answer, direct"):
        write_prompt(question, "shout")  # type: ignore[arg-type]
    own = tmp_path / "own.md"
    own.write_text("---\nname: own\nversion: 1\nfields: gold\n---\n{gold}")
    with pytest.raises(ConfigError, match="the one field"):
        write_prompt(question, template=str(own))
    own.write_text("---\nname: own\nversion: 1\nfields: question\n---\nSay: {question}")
    assert write_prompt(question, "direct", template=str(own)).text.startswith("Say: ")
