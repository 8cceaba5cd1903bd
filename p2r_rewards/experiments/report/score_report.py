"""`p2r-score --report`: a scored run as one page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from p2r_rewards.experiments.report import health_sections, score_sections
from p2r_rewards.experiments.report.page import Browser, Page
from p2r_rewards.experiments.report.rollouts import SETTINGS, fit_rollouts
from p2r_rewards.experiments.report.sampling import RolloutSample
from p2r_rewards.experiments.report.writing import write_report
from p2r_rewards.scoring.wording import counted

MAX_NAMES = 3


def write_score_report(path: str | Path, summary: Mapping[str, Any], sample: RolloutSample) -> None:
    """Writes the page of a scored run.

    Args:
        path: Where to.
        summary: What `p2r_rewards.scoring.score_files` gave.
        sample: What looked at the run's rollouts.

    Raises:
        DataError: It can't be written.
        MissingExtraError: jinja2 or matplotlib is not installed.
    """
    write_report(path, score_page(summary, sample))


def score_page(summary: Mapping[str, Any], sample: RolloutSample) -> Page:
    """The page of a scored run; every number in it is the summary's."""
    health = summary["health"]
    names = summary["inputs"]
    more = f" and {len(names) - MAX_NAMES:,} more" if len(names) > MAX_NAMES else ""
    return Page(
        title="Rewards of rollouts",
        subtitle=f"{', '.join(names[:MAX_NAMES])}{more}",
        sections=[
            score_sections.overview(summary),
            score_sections.rewards(summary),
            health_sections.groups(health, summary["collapsed"]),
            health_sections.lengths(health),
            score_sections.form(summary),
            health_sections.behaviour(health),
            health_sections.dynamics(health),
            score_sections.mismatch(summary),
            score_sections.comparison(summary),
            health_sections.positions(health),
            score_sections.unscored(summary),
            score_sections.examples(summary),
        ],
        browser=rollout_browser(sample),
        appendix=[score_sections.provenance(summary, sample.stamp)],
    )


def rollout_browser(sample: RolloutSample) -> Browser:
    """The rollouts to look through, and how they were drawn."""
    rows, cut = fit_rollouts(sample.rollouts)
    if sample.whole:
        lead = f"All {counted(sample.rows, 'rollout')}."
    else:
        lead = (
            f"{len(rows):,} of {sample.rows:,} rollouts: whole groups, drawn with equal chances (seed {sample.seed}). "
            "The numbers above are of all rollouts."
        )
    if cut:
        lead += f" {counted(cut, 'long completion')} shown without {'its' if cut == 1 else 'their'} middle."
    return Browser("Rollouts", lead, rows, SETTINGS)
