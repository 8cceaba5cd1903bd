"""The files that a scoring run writes: scored rows, their provenance, and rejects; all of them at the end, or none."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.rollouts.batch import Reject
from p2r_rewards.rollouts.output_file import OutputFile, remove_abandoned
from p2r_rewards.rollouts.rejects import RejectsWriter
from p2r_rewards.rollouts.source import Source
from p2r_rewards.rollouts.writing import OutputFormat, Sink
from p2r_rewards.scoring.job import STANDARD_OUTPUT, ScoringJob
from p2r_rewards.scoring.parts import PartFiles, PartInfo


class ScoringOutputs:
    """The files that a run writes.

    Args:
        job: What is written where.
        sources: The inputs; none of them may be an output.
        standard_output: What "-" stands for.
        stack: Removes what is left over when the run ends, however it ends.

    Raises:
        ConfigError: An output is an input, or another output.
        DataError: An output can't be written.
    """

    def __init__(
        self, job: ScoringJob, sources: Sequence[Source], standard_output: BinaryIO | None, stack: ExitStack
    ) -> None:
        self._job = job
        self._stack = stack
        self._taken = {path.resolve(): "a file of the dataset" for path in job.dataset_files}
        self._taken |= {source.path.resolve(): "an input" for source in sources}
        self._stream: BinaryIO | None = None
        self._output: OutputFile | None = None
        self._sidecar: OutputFile | None = None
        self._sink: Sink | None = None
        if job.output == STANDARD_OUTPUT:
            self._stream = standard_output or _standard_output()
        elif job.output is not None:
            self._output = self._open(Path(job.output), "the output")
            self._stream = self._output.stream
            if not job.writes_parquet:
                self._sidecar = self._open(Path(f"{job.output}.provenance.json"), "the provenance of the output")
        self._rejects_path = job.rejects_path
        self._rejects_output = self._open(self._rejects_path, "the rejects") if self._rejects_path else None
        self._rejects = RejectsWriter(self._rejects_output) if self._rejects_output else None
        self.prompts = self._open(Path(job.prompts), "the pass rates") if job.prompts is not None else None

    @property
    def rejects_file(self) -> str | None:
        """Where the rejects are; None where there are none, or no file for them."""
        return str(self._rejects_path) if self._rejects and self._rejects.count else None

    def add_rejects(self, source: Source, files: PartFiles, info: PartInfo, lines: int) -> None:
        """Takes the rejects of a part, with so many lines of its file before it."""
        if self._rejects is None or not info.rejects:
            return
        with files.rejects.open("rb") as stored:
            for text in stored:
                line, reason, raw = orjson.loads(text)
                self._rejects.add([Reject(source.name, line + lines, reason, raw)])

    def begin(self, form: OutputFormat | None, stamp: Mapping[str, Any]) -> None:
        """Opens the output for rows in a settled format."""
        if form is not None and self._stream is not None:
            self._sink = form.open_sink(self._stream, stamp)
            self._stack.callback(self._sink.close)
        if self._sidecar is not None:
            self._sidecar.stream.write(orjson.dumps(stamp, option=orjson.OPT_INDENT_2) + b"\n")

    def append(self, rendered: Path) -> None:
        """Takes the rendered rows of the next part."""
        if self._sink is not None:
            self._sink.append(rendered)

    def finish(self) -> None:
        """Gives the files their names, the output's last."""
        if self._sink is not None:
            self._sink.close()
        if self._sidecar is not None:
            self._sidecar.commit()
        if self._rejects_output is not None and self._rejects is not None:
            # An old file of rejects must not stand beside a new output; only one asked for by name may be empty.
            if self._rejects.count or self._job.rejects is not None:
                self._rejects_output.commit()
            else:
                self._rejects_output.path.unlink(missing_ok=True)
        if self.prompts is not None:
            self.prompts.commit()
        if self._output is not None:
            self._output.commit()

    def _open(self, path: Path, role: str) -> OutputFile:
        place = path.resolve()
        if place in self._taken:
            message = f"{path}: is {self._taken[place]}; choose another name for {role}"
            raise ConfigError(message)
        self._taken[place] = role
        if self._job.output not in (None, STANDARD_OUTPUT):  # whose lock this run holds
            remove_abandoned(path)
        return OutputFile(path, self._stack)


def _standard_output() -> BinaryIO:
    if sys.stdout is None:
        message = "standard output is closed, so nothing can be written to it"
        raise DataError(message)
    return sys.stdout.buffer
