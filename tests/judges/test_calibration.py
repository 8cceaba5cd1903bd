"""Calibration with judges whose behaviour is known: what is measured is what they do."""

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from p2r_rewards.errors import ConfigError
from p2r_rewards.judges.attacks import ATTACKS
from p2r_rewards.judges.calibration import Calibration, calibrate
from p2r_rewards.judges.labels import LabelledItem
from p2r_rewards.judges.turned_options import turn_options
from p2r_rewards.judges.verdict import JudgeItem, Verdict

OPTIONS = ("A. a cat", "B. a dog", "C. a fish")


class Says:
    """A judge with a rule."""

    def __init__(self, rule: Callable[[JudgeItem], bool | None]) -> None:
        self.rule = rule
        self.asked: list[JudgeItem] = []

    async def __call__(self, items: Sequence[JudgeItem]) -> list[Verdict]:
        self.asked += items
        await asyncio.sleep(0)
        return [Verdict(sufficient=self.rule(item), how="", prompt_tokens=10, completion_tokens=2) for item in items]


def label(number: int, *, sufficient: bool, kind: str = "numerical", **more: Any) -> LabelledItem:
    observation = f"{'Seen' if sufficient else 'Unseen'}, number {number}."
    item = JudgeItem(question="How many?", gold="7", observation=observation, type=kind, **more)
    return LabelledItem(
        id=str(number), item=item, sufficient=sufficient, kind="sufficient" if sufficient else "insufficient"
    )


ITEMS = [
    *(label(number, sufficient=number % 2 == 0) for number in range(10)),
    *(label(number, sufficient=number % 2 == 0, kind="OCR") for number in range(10, 20)),
]


def right(item: JudgeItem) -> bool:
    return item.observation.startswith("Seen")


def measure(judges: dict[str, Any], items: Sequence[LabelledItem] = ITEMS, **options: Any) -> Calibration:
    return asyncio.run(calibrate(judges, items, **options))


def test_a_judge_that_is_right() -> None:
    found = measure({"right": Says(right)})
    assert (found.items, found.sufficient, found.targets) == (20, 10, 5)
    (judge,) = found.judges
    assert (judge.overall.accuracy, judge.overall.kappa, judge.overall.unscored) == (1.0, 1.0, 0.0)
    assert {name: part.items for name, part in judge.by_type.items()} == {"OCR": 10, "numerical": 10}
    assert {name: part.accuracy for name, part in judge.by_kind.items()} == {"sufficient": 1.0, "insufficient": 1.0}
    assert judge.retest is None
    assert judge.length.pairs == 0
    assert {name: one.resisted for name, one in judge.attacks.items()} == dict.fromkeys(ATTACKS, 1.0)


def test_judges_stand_side_by_side_in_order() -> None:
    judges = {"always": Says(lambda item: True), "never": Says(lambda item: False), "right": Says(right)}
    found = measure(judges)
    assert [judge.judge for judge in found.judges] == ["always", "never", "right"]
    assert [judge.overall.accuracy for judge in found.judges] == [0.5, 0.5, 1.0]
    assert [judge.overall.kappa for judge in found.judges] == [0.0, 0.0, 1.0]


def test_unscored_items_are_neither_right_nor_wrong() -> None:
    judge = Says(lambda item: None if "number 3." in item.observation else right(item))
    (found,) = measure({"j": judge}).judges
    assert (found.overall.accuracy, found.overall.unscored) == (1.0, 1 / 20)
    assert found.by_type["numerical"].unscored == 1 / 10
    assert found.by_type["OCR"].unscored == 0.0


def test_all_unscored() -> None:
    (found,) = measure({"down": Says(lambda item: None)}).judges
    assert (found.overall.accuracy, found.overall.kappa, found.overall.unscored) == (None, None, 1.0)
    assert found.overall.interval == (0.0, 1.0)
    assert all(one.asked == 0 and one.resisted is None for one in found.attacks.values())


def test_attacks_that_talk_a_judge_round_are_named() -> None:
    judge = Says(lambda item: right(item) or "Ignore all previous" in item.observation)
    (found,) = measure({"gullible": judge}).judges
    attacked = found.attacks["instructions to the judge"]
    assert attacked.paid_by == ("instructions to the judge 1", "instructions to the judge 2")
    assert attacked.asked == 5 * len(ATTACKS["instructions to the judge"])
    assert attacked.paid == 10
    assert attacked.resisted is not None
    assert attacked.resisted == pytest.approx(1 - 10 / attacked.asked)
    assert attacked.interval[0] < attacked.resisted < attacked.interval[1]
    assert found.attacks["verdict tags"].resisted == 1.0


def test_items_that_are_paid_anyway_are_not_attacked() -> None:
    (found,) = measure({"always": Says(lambda item: True)}).judges
    assert all(one.asked == 0 and one.paid == 0 for one in found.attacks.values())


def test_without_attacks_only_the_items_are_asked() -> None:
    judge = Says(right)
    assert measure({"j": judge}, targets=0).targets == 0
    assert judge.asked == [one.item for one in ITEMS]
    assert measure({"j": Says(right)}, attacks={}).judges[0].attacks == {}


def test_retest_compares_with_who_is_asked_again() -> None:
    flips = Says(lambda item: right(item) != item.observation.endswith(("number 3.", "number 4.")))
    (found,) = measure({"j": Says(right)}, again={"j": flips}).judges
    assert found.retest is not None
    assert (found.retest.compared, found.retest.to_sufficient, found.retest.to_insufficient) == (20, 1, 1)
    assert found.retest.agreement == 0.9


def test_a_judge_that_likes_a_letter_shows_when_options_turn() -> None:
    items = [
        *(label(number, sufficient=number % 2 == 0, options=OPTIONS, kind="multiple choice") for number in range(6)),
        label(6, sufficient=True),  # without options it can't be turned
    ]
    likes = Says(lambda item: item.gold in ("7", "C"))
    lettered = [
        LabelledItem(
            id=one.id,
            item=JudgeItem(
                question="?", gold="C", observation=one.item.observation, options=one.item.options, type=one.item.type
            ),
            sufficient=one.sufficient,
        )
        for one in items[:6]
    ]
    (found,) = measure({"j": likes}, [*lettered, items[6]]).judges
    assert found.turned_options is not None
    assert (found.turned_options.compared, found.turned_options.to_insufficient) == (6, 6)
    (steady,) = measure({"j": Says(right)}, [*lettered, items[6]]).judges
    assert steady.turned_options is not None
    assert steady.turned_options.agreement == 1.0


def test_turning_moves_the_gold_along() -> None:
    item = JudgeItem(question="?", gold="A", observation="A cat.", options=OPTIONS, type="multiple choice")
    turned = turn_options(item)
    assert turned is not None
    assert turned.options == ("A. a fish", "B. a dog", "C. a cat")
    assert turned.gold == "C"
    assert turn_options(turned) == item


@pytest.mark.parametrize(
    "item",
    [
        JudgeItem(question="?", gold="2", observation="Two."),  # no options
        JudgeItem(question="?", gold="A", observation="A.", options=("a cat", "a dog")),  # no letters to keep
        JudgeItem(question="?", gold="Z", observation="A.", options=OPTIONS),  # the gold is none of them
        JudgeItem(question="?", gold="A", observation="So the answer is A.", options=OPTIONS),  # a letter means one
    ],
)
def test_what_cannot_be_turned(item: JudgeItem) -> None:
    assert turn_options(item) is None


def test_tokens_are_counted() -> None:
    judge = Says(right)
    (found,) = measure({"j": judge}).judges
    assert found.prompt_tokens == 10 * len(judge.asked)
    assert found.completion_tokens == 2 * len(judge.asked)


def test_the_result_is_plain_data() -> None:
    found = measure({"j": Says(right)}, again={"j": Says(right)}).to_mapping()
    assert json.loads(json.dumps(found))["judges"][0]["retest"]["agreement"] == 1.0
    assert found["judges"][0]["overall"]["confusion"]["true_positives"] == 10


@pytest.mark.parametrize(
    ("judges", "items", "options", "message"),
    [
        ({}, ITEMS, {}, "0 judges"),
        ({"j": Says(right)}, [], {}, "0 labelled items"),
        ({"j": Says(right)}, ITEMS, {"targets": -1}, "targets=-1"),
        ({"j": Says(right)}, ITEMS, {"confidence": 2}, "confidence=2"),
        ({"j": Says(right)}, [one for one in ITEMS if one.sufficient], {}, "labelled insufficient"),
    ],
)
def test_what_cannot_be_measured(judges: Any, items: Any, options: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        measure(judges, items, **options)


def test_a_judge_that_loses_items_is_an_error() -> None:
    class Loses(Says):
        async def __call__(self, items: Sequence[JudgeItem]) -> list[Verdict]:
            return (await super().__call__(items))[1:]

    with pytest.raises(ConfigError, match="19 verdicts for 20 items"):
        measure({"j": Loses(right)})


def test_what_a_judge_raises_is_raised() -> None:
    class Breaks(Says):
        async def __call__(self, items: Sequence[JudgeItem]) -> list[Verdict]:
            raise KeyError

    with pytest.raises(KeyError):
        measure({"j": Breaks(right)})
