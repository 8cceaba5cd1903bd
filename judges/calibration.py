"""Judges side by side against people's labels: whom to trust with a reward (arXiv 2511.11113, Table 4)."""

from __future__ import annotations

import asyncio
import dataclasses
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from p2r_rewards.errors import ConfigError
from p2r_rewards.judges.agreement import (
    Confusion,
    LengthBias,
    Retest,
    cohen_kappa,
    compare_verdicts,
    confuse,
    length_bias,
    measure_accuracy,
    wilson_interval,
)
from p2r_rewards.judges.attacks import ATTACKS, Attack, choose_targets
from p2r_rewards.judges.labels import LabelledItem
from p2r_rewards.judges.turned_options import turn_options
from p2r_rewards.judges.verdict import Judge, JudgeItem, Verdict

TARGETS = 5
"""Insufficient items that each attack is tried on, one of each of the paper's types."""

MAX_REASONS = 5


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far the verdicts on some items agree with their labels; unscored items are in no share but their own.

    Attributes:
        items: How many there are.
        confusion: Verdicts against labels.
        accuracy: The share in [0, 1] of scored items that are judged as labelled; None without any.
        interval: Its Wilson interval.
        kappa: Cohen's kappa in [-1, 1]; None where it is not defined.
        unscored: The share in [0, 1] of items without a verdict.
    """

    items: int
    confusion: Confusion
    accuracy: float | None
    interval: tuple[float, float]
    kappa: float | None
    unscored: float


@dataclass(frozen=True, slots=True)
class Resistance:
    """How a judge stands up to one class of attacks.

    Attributes:
        asked: Attacks on items that it finds insufficient when they are not attacked.
        paid: Those among them that talked it round.
        unscored: Those without a verdict.
        resisted: The share in [0, 1] of scored ones that stay unpaid; None without any.
        interval: Its Wilson interval.
        paid_by: Which attacks were paid.
    """

    asked: int
    paid: int
    unscored: int
    resisted: float | None
    interval: tuple[float, float]
    paid_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JudgeCalibration:
    """One judge, measured.

    Attributes:
        judge: Its name.
        overall: Agreement on all items.
        by_type: Agreement by problem type.
        by_kind: Agreement by what the observations do (no kappa there: each kind has one label).
        by_style: Agreement by how the observations are written.
        retest: The verdicts of a second asking against the first; None where nobody asked again.
        turned_options: The verdicts with the options in reverse order against the first, of choice questions.
        length: Whether length is paid.
        attacks: Resistance by class of attack.
        reasons: Why labelled items are unscored, with their numbers, the commonest first; a few.
        prompt_tokens: Tokens read, where they are told.
        completion_tokens: Tokens written.
    """

    judge: str
    overall: Agreement
    by_type: dict[str, Agreement]
    by_kind: dict[str, Agreement]
    by_style: dict[str, Agreement]
    retest: Retest | None
    turned_options: Retest | None
    length: LengthBias
    attacks: dict[str, Resistance]
    reasons: dict[str, int]
    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """Judges side by side on the same items.

    Attributes:
        items: How many items there are.
        sufficient: How many of them are labelled sufficient.
        targets: How many of them were attacked.
        confidence: Of all intervals.
        judges: One entry a judge, in the order given.
    """

    items: int
    sufficient: int
    targets: int
    confidence: float
    judges: tuple[JudgeCalibration, ...]

    def to_mapping(self) -> dict[str, Any]:
        """All figures as plain data, each `Retest` with its agreement."""
        data = dataclasses.asdict(self)
        for entry, judge in zip(data["judges"], self.judges, strict=True):
            for name in ("retest", "turned_options"):
                compared: Retest | None = getattr(judge, name)
                entry[name] = compared and {**compared._asdict(), "agreement": compared.agreement}
            entry["length"] = judge.length._asdict()
            split = (part for name in ("by_type", "by_kind", "by_style") for part in entry[name].values())
            for part in (entry["overall"], *split):
                part["confusion"] = part["confusion"]._asdict()
        return data


async def calibrate(
    judges: Mapping[str, Judge],
    items: Sequence[LabelledItem],
    *,
    again: Mapping[str, Judge] | None = None,
    attacks: Mapping[str, Sequence[Attack]] = ATTACKS,
    targets: int = TARGETS,
    confidence: float = 0.95,
) -> Calibration:
    """How far each judge agrees with the labels, repeats itself and stands up to attacks; in parallel.

    Args:
        judges: The judges by name.
        items: The labelled items, the same for all.
        again: Who is asked the same a second time for test-retest, by the same names: a judge that goes round its
            cache, else it repeats what is kept there. A name that is missing is not asked again.
        attacks: The attacks by class; none: no attacks.
        targets: How many insufficient items each attack is tried on. One judge's requests for attacks are this times
            the number of attacks.
        confidence: Of the intervals.

    Raises:
        ConfigError: There are no judges or no items, or a number does not fit.
    """
    if not judges or not items:
        message = f"{len(judges)} judges and {len(items)} labelled items: calibrating takes at least one of each"
        raise ConfigError(message)
    if targets < 0:
        message = f"targets={targets} must not be negative"
        raise ConfigError(message)
    wilson_interval(0, 0, confidence=confidence)
    chosen = choose_targets(items, targets) if attacks and targets else []
    run = _Run(items, chosen, attacks if chosen else {}, confidence)
    measured = [run.measure(name, judge, (again or {}).get(name)) for name, judge in judges.items()]
    return Calibration(
        len(items),
        sum(one.sufficient for one in items),
        len(chosen),
        confidence,
        tuple(await asyncio.gather(*measured)),
    )


@dataclass(frozen=True, slots=True)
class _Run:
    items: Sequence[LabelledItem]
    targets: Sequence[LabelledItem]
    attacks: Mapping[str, Sequence[Attack]]
    confidence: float

    async def measure(self, name: str, judge: Judge, again: Judge | None) -> JudgeCalibration:
        asked = [one.item for one in self.items]
        verdicts = await _ask(judge, asked)
        said = [verdict.sufficient for verdict in verdicts]
        retest = None
        if again is not None:
            retest = compare_verdicts(said, [verdict.sufficient for verdict in await _ask(again, asked)])
        by_id = {one.id: verdict for one, verdict in zip(self.items, said, strict=True)}
        attacked, resistance = await self._attack(judge, by_id)
        turned = await self._turn(judge, said)
        return JudgeCalibration(
            judge=name,
            overall=self._agreement(range(len(asked)), said),
            by_type=self._split(lambda one: one.item.type, said),
            by_kind=self._split(lambda one: one.kind, said),
            by_style=self._split(lambda one: one.style, said),
            retest=retest,
            turned_options=turned,
            length=length_bias([len(item.observation) for item in asked], [one.sufficient for one in self.items], said),
            attacks=resistance,
            reasons=dict(Counter(one.how for one in verdicts if one.sufficient is None).most_common(MAX_REASONS)),
            prompt_tokens=sum(verdict.prompt_tokens or 0 for verdict in (*verdicts, *attacked)),
            completion_tokens=sum(verdict.completion_tokens or 0 for verdict in (*verdicts, *attacked)),
        )

    async def _attack(
        self, judge: Judge, said: Mapping[str, bool | None]
    ) -> tuple[list[Verdict], dict[str, Resistance]]:
        # An item that is paid anyway shows nothing about the attack.
        targets = [one.item for one in self.targets if said[one.id] is False]
        tried = [(attack, item) for attacks in self.attacks.values() for attack in attacks for item in targets]
        verdicts = await _ask(judge, [dataclasses.replace(item, observation=attack(item)) for attack, item in tried])
        results: dict[str, Resistance] = {}
        for kind in self.attacks:
            of_kind = [
                (attack, verdict.sufficient)
                for (attack, _), verdict in zip(tried, verdicts, strict=True)
                if attack.kind == kind
            ]
            paid = [attack.name for attack, verdict in of_kind if verdict]
            unscored = sum(verdict is None for _, verdict in of_kind)
            scored = len(of_kind) - unscored
            results[kind] = Resistance(
                asked=len(of_kind),
                paid=len(paid),
                unscored=unscored,
                resisted=1 - len(paid) / scored if scored else None,
                interval=wilson_interval(scored - len(paid), scored, confidence=self.confidence),
                paid_by=tuple(dict.fromkeys(paid)),
            )
        return verdicts, results

    async def _turn(self, judge: Judge, said: Sequence[bool | None]) -> Retest | None:
        turned = [(index, turn_options(one.item)) for index, one in enumerate(self.items)]
        asked = [(index, item) for index, item in turned if item is not None]
        if not asked:
            return None
        verdicts = await _ask(judge, [item for _, item in asked])
        return compare_verdicts([said[index] for index, _ in asked], [verdict.sufficient for verdict in verdicts])

    def _split(self, key: Callable[[LabelledItem], str], said: Sequence[bool | None]) -> dict[str, Agreement]:
        places: dict[str, list[int]] = {}
        for index, one in enumerate(self.items):
            places.setdefault(key(one), []).append(index)
        return {name: self._agreement(indices, said) for name, indices in sorted(places.items()) if name}

    def _agreement(self, indices: Iterable[int], said: Sequence[bool | None]) -> Agreement:
        chosen = list(indices)
        confusion = confuse([self.items[index].sufficient for index in chosen], [said[index] for index in chosen])
        return Agreement(
            items=len(chosen),
            confusion=confusion,
            accuracy=measure_accuracy(confusion),
            interval=wilson_interval(confusion.agreed, confusion.scored, confidence=self.confidence),
            kappa=cohen_kappa(confusion),
            unscored=confusion.unscored / len(chosen),
        )


async def _ask(judge: Judge, items: Sequence[JudgeItem]) -> list[Verdict]:
    if not items:
        return []
    verdicts = await judge(items)
    if len(verdicts) != len(items):
        message = f"{judge!r:.80} gave {len(verdicts):,} verdicts for {len(items):,} items; it must give one an item"
        raise ConfigError(message)
    return verdicts
