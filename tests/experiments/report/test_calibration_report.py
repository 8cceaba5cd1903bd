import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from p2r_rewards.experiments.report.calibration_report import HeardJudge, write_calibration_report
from p2r_rewards.judges.calibration import calibrate
from p2r_rewards.judges.labels import LabelledItem
from p2r_rewards.judges.verdict import JudgeItem, Verdict
from tests.experiments.report.made_runs import HOSTILE
from tests.experiments.report.reading import Report

ITEMS = [
    LabelledItem(
        id=f"i{number}",
        item=JudgeItem(
            question="How many cups?",
            gold="2",
            observation=f"{'Two' if number % 2 else 'Some'} cups, {number}. {text[:2_000]}",
            type="numerical" if number % 3 else "OCR",
        ),
        sufficient=bool(number % 2),
    )
    for number, text in enumerate(HOSTILE.values())
]


def judge_by(word: str) -> Any:
    async def judge(items: Sequence[JudgeItem]) -> list[Verdict]:
        return [
            Verdict(sufficient=None if "one" in item.observation else word in item.observation, how=f"holds {word}")
            for item in items
        ]

    return judge


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    heard = {name: HeardJudge(judge_by(word)) for name, word in (("two", "Two"), ("cups", "cups"), ("none", "<>"))}
    summary = {
        **asyncio.run(calibrate(heard, ITEMS, targets=1)).to_mapping(),
        "labels": "labels.jsonl",
        "part": "all",
        "unlabelled": 1,
        "notes": ["a note"],
    }
    path = tmp_path_factory.mktemp("calibration") / "r.html"
    write_calibration_report(path, summary, ITEMS, heard)
    return summary, path


def test_judges_stand_side_by_side(made: tuple[dict[str, Any], Path]) -> None:
    summary, path = made
    page = Report(path)
    overall = page.tables["Verdicts against labels, with 95% Wilson intervals; sufficient is positive"]
    for row, one in zip(overall[1:], summary["judges"], strict=True):
        low, high = one["overall"]["interval"]
        counts = one["overall"]["confusion"]
        assert row[:3] == [one["judge"], f"{one['overall']['accuracy']:.1%}", f"{low:.1%}–{high:.1%}"]
        assert row[4] == str(counts["true_positives"])
        assert row[8] == str(counts["unscored"])
    by_type = {row[0]: row for row in page.tables["Agreement with the labels, by problem type"]}
    for name, one in summary["judges"][1]["by_type"].items():
        assert by_type[name][5] == f"{one['accuracy']:.1%}"
    attacks = {row[0]: row for row in page.tables["Attacks resisted, by class"]}
    for name, one in summary["judges"][0]["attacks"].items():
        assert attacks[name][3] == f"{one['paid']:,} of {one['asked']:,}"


def test_items_judged_wrong_are_those_that_differ(made: tuple[dict[str, Any], Path]) -> None:
    text = made[1].read_text()
    wrong = [one for one in ITEMS if "one" not in one.item.observation]
    assert f"{len(wrong)} of {len(ITEMS)} items are judged otherwise" in text  # "none" and "cups" never agree
    for one in ITEMS:
        assert (f"<bdi>{one.id} · " in text) == (one in wrong)


def test_a_first_verdict_is_kept() -> None:
    heard = HeardJudge(judge_by("Two"))
    item = ITEMS[1].item
    assert asyncio.run(heard([item]))[0].how == "holds Two"
    heard._judge = judge_by("cups")
    asyncio.run(heard([item]))
    assert heard.verdicts[item].how == "holds Two"


def test_page_is_quiet(made: tuple[dict[str, Any], Path], open_page: Any) -> None:
    for width in (390, 1200):
        opened = open_page(made[1], width=width)
        opened.page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
        assert opened.page.locator("img, iframe").count() == 0
        assert opened.page.locator("script").count() == 1
        opened.check_quiet()
