"""Published data sets to training rows: records read as a stream, media under one root, and a check of both."""

from p2r_rewards.trainers.data.check import check_data
from p2r_rewards.trainers.data.clips import Clip, look_at_clip, look_at_image
from p2r_rewards.trainers.data.dataset import BuiltRows, build_dataset
from p2r_rewards.trainers.data.media_root import MediaError, MediaRoot
from p2r_rewards.trainers.data.tally import DataCheck
from p2r_rewards.trainers.data.training_rows import RowFault, TrainingRow, TrainingRowReader, read_training_rows

__all__ = [
    "BuiltRows",
    "Clip",
    "DataCheck",
    "MediaError",
    "MediaRoot",
    "RowFault",
    "TrainingRow",
    "TrainingRowReader",
    "build_dataset",
    "check_data",
    "look_at_clip",
    "look_at_image",
    "read_training_rows",
]
