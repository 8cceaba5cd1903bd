"""How far verdicts agree with labels, with themselves when asked again, and whether length sways them."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from statistics import NormalDist
from typing import NamedTuple

from p2r_rewards.errors import ConfigError


class Confusion(NamedTuple):
    """Verdicts against labels, "sufficient" being positive; unscored items are counted apart."""

    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int
    unscored: int = 0

    @property
    def scored(self) -> int:
        """How many items have a verdict."""
        return self.true_positives + self.false_positives + self.false_negatives + self.true_negatives

    @property
    def agreed(self) -> int:
        """How many verdicts are as labelled."""
        return self.true_positives + self.true_negatives


class Retest(NamedTuple):
    """Two verdicts an item compared.

    Attributes:
        compared: Items with a verdict both times.
        to_sufficient: Those that went from insufficient to sufficient.
        to_insufficient: Those that went the other way.
        unscored: Items without a verdict at least once.
    """

    compared: int
    to_sufficient: int
    to_insufficient: int
    unscored: int

    @property
    def agreement(self) -> float | None:
        """The share in [0, 1] that kept their verdict; None where nothing could be compared."""
        if not self.compared:
            return None
        return 1 - (self.to_sufficient + self.to_insufficient) / self.compared


class LengthBias(NamedTuple):
    """Whether the longer of two observations with the same label is the one that is paid.

    Attributes:
        paid_longer: The share in [0, 1] of such pairs in which the paid one is longer; 0.5: length does not matter.
            None where there are no pairs.
        pairs: Pairs of a paid and an unpaid observation with the same label.
    """

    paid_longer: float | None
    pairs: int


def confuse(labels: Sequence[bool], verdicts: Sequence[bool | None]) -> Confusion:
    """The confusion of verdicts with labels; a verdict of None is unscored, neither right nor wrong.

    Raises:
        ConfigError: There are not as many verdicts as labels.

    Example:
        >>> confuse([True, True, False, False], [True, False, False, None])
        Confusion(true_positives=1, false_positives=0, false_negatives=1, true_negatives=1, unscored=1)
    """
    _check_lengths(labels, verdicts)
    counts = Counter(zip(labels, verdicts, strict=True))
    unscored = sum(count for (_, verdict), count in counts.items() if verdict is None)
    return Confusion(counts[True, True], counts[False, True], counts[True, False], counts[False, False], unscored)


def measure_accuracy(confusion: Confusion) -> float | None:
    """The share in [0, 1] of scored items whose verdict is as labelled; None where none is scored."""
    return confusion.agreed / confusion.scored if confusion.scored else None


def cohen_kappa(confusion: Confusion) -> float | None:
    """Cohen's kappa in [-1, 1]: agreement beyond what the two rates of "sufficient" give by chance.

    kappa = (p_o - p_e) / (1 - p_e), with the observed agreement p_o = (TP + TN) / n and the expected one
    p_e = ((TP+FP)(TP+FN) + (FN+TN)(FP+TN)) / n^2. None where p_e is 1 (both say the same of everything) or n is 0.

    Source: J. Cohen, "A coefficient of agreement for nominal scales", Educ. Psychol. Meas. 20 (1960), 37-46.

    Example:
        >>> cohen_kappa(Confusion(20, 5, 10, 15))
        0.4
    """
    n = confusion.scored
    tp, fp, fn, tn, _ = confusion
    expected = (tp + fp) * (tp + fn) + (fn + tn) * (fp + tn)  # times n squared, in exact integers
    if expected == n * n:
        return None
    return (confusion.agreed * n - expected) / (n * n - expected)


def wilson_interval(successes: int, total: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval of a share, within [0, 1]; (0.0, 1.0) where nothing was counted.

    (p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n), with p = successes/total and z the normal quantile of
    (1 + confidence)/2. Unlike p -+ z sqrt(p(1-p)/n) it holds at 0 and 1 and for few items.

    Source: E. B. Wilson, "Probable inference", J. Am. Stat. Assoc. 22 (1927), 209-212.

    Raises:
        ConfigError: The counts are none, or the confidence is not between 0 and 1.

    Example:
        >>> [round(bound, 4) for bound in wilson_interval(9, 10)]
        [0.5958, 0.9821]
    """
    if not 0 <= successes <= total:
        message = f"successes={successes} must be between 0 and total={total}"
        raise ConfigError(message)
    if not 0 < confidence < 1:
        message = f"confidence={confidence} must be between 0 and 1, such as 0.95"
        raise ConfigError(message)
    if not total:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = successes / total
    centre = share + z * z / (2 * total)
    spread = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    # At the ends the bounds are exact; floating point would miss them by a hair.
    low = 0.0 if successes == 0 else max(0.0, (centre - spread) / scale)
    return low, 1.0 if successes == total else min(1.0, (centre + spread) / scale)


def compare_verdicts(first: Sequence[bool | None], second: Sequence[bool | None]) -> Retest:
    """How many verdicts stay when the same items are judged twice (test-retest, or the options put in other order).

    Raises:
        ConfigError: There are not as many of the one as of the other.

    Example:
        >>> compare_verdicts([True, False, True, None], [True, True, True, True])
        Retest(compared=3, to_sufficient=1, to_insufficient=0, unscored=1)
    """
    _check_lengths(first, second)
    compared = [(one, two) for one, two in zip(first, second, strict=True) if one is not None and two is not None]
    return Retest(
        len(compared),
        sum(two and not one for one, two in compared),
        sum(one and not two for one, two in compared),
        len(first) - len(compared),
    )


def length_bias(lengths: Sequence[int], labels: Sequence[bool], verdicts: Sequence[bool | None]) -> LengthBias:
    """Whether longer observations are paid more often than their label warrants.

    Over all pairs of a paid and an unpaid observation with the same label: the share in which the paid one is longer,
    ties counting half. It is the Mann-Whitney U of each label over its number of pairs, the labels weighted by their
    pairs. A judge that is right everywhere leaves no pairs.

    Source: H. B. Mann, D. R. Whitney, Ann. Math. Stat. 18 (1947), 50-60; stratified as by P. van Elteren (1960).

    Raises:
        ConfigError: There are not as many lengths, labels and verdicts.

    Example:
        >>> length_bias([80, 20, 50, 10], [True, True, False, False], [True, False, False, True])
        LengthBias(paid_longer=0.5, pairs=2)
    """
    _check_lengths(lengths, verdicts)
    _check_lengths(labels, verdicts)
    halves = pairs = 0  # of pairs, ties being one half
    for label in (True, False):
        groups: dict[bool | None, list[int]] = {True: [], False: [], None: []}
        for length, its_label, verdict in zip(lengths, labels, verdicts, strict=True):
            if its_label == label:
                groups[verdict].append(length)
        unpaid = sorted(groups[False])
        halves += sum(bisect_left(unpaid, length) + bisect_right(unpaid, length) for length in groups[True])
        pairs += len(groups[True]) * len(unpaid)
    return LengthBias(halves / (2 * pairs) if pairs else None, pairs)


def _check_lengths(first: Sequence[object], second: Sequence[object]) -> None:
    if len(first) != len(second):
        message = f"{len(first):,} labels or verdicts against {len(second):,}: give one of each an item"
        raise ConfigError(message)
