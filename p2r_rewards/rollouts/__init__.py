"""Rollouts on disk: formats in, rows as rollouts, scored rows out."""

from p2r_rewards.rollouts.batch import Batch, Reject
from p2r_rewards.rollouts.columns import ADDED_COLUMNS
from p2r_rewards.rollouts.dataset_build import DatasetSummary, build_index
from p2r_rewards.rollouts.dataset_index import DatasetIndex
from p2r_rewards.rollouts.fields import SPELLINGS, FieldFinder
from p2r_rewards.rollouts.reading import find_sources, read_batches
from p2r_rewards.rollouts.rollout import Rollout, RolloutReader

__all__ = [
    "ADDED_COLUMNS",
    "SPELLINGS",
    "Batch",
    "DatasetIndex",
    "DatasetSummary",
    "FieldFinder",
    "Reject",
    "Rollout",
    "RolloutReader",
    "build_index",
    "find_sources",
    "read_batches",
]
