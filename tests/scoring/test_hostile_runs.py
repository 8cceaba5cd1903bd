"""Runs of `p2r-score` that something befalls: full disks, lost workers, inputs that move, names that clash."""

import gzip
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from click.testing import CliRunner, Result

from p2r_rewards.commands.score import main
from p2r_rewards.rollouts import chunks
from p2r_rewards.scoring import files, gathering
from p2r_rewards.scoring.outputs import ScoringOutputs

ROW: dict[str, Any] = {
    "problem": "How many?",
    "problem_type": "numerical",
    "solution": "2",
    "completion": "<observation>Two cups.</observation><think>Two.</think><answer>2</answer>",
    "sufficient": True,
    "perception_tokens": 150,
    "reasoning_tokens": 20,
}
LINE = json.dumps(ROW).encode() + b"\n"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.jsonl"
    path.write_bytes(LINE * 40)
    return path


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 2_000)


# Names


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-o", "in.jsonl"], "in.jsonl: is an input; choose another name for the output"),
        (["-o", "o.jsonl", "--rejects", "in.jsonl"], "in.jsonl: is an input; choose another name for the rejects"),
        (["--prompts", "in.jsonl"], "in.jsonl: is an input; choose another name for the pass rates"),
        (["-o", "o.jsonl", "--prompts", "o.jsonl"], "o.jsonl: is the output; choose another name for the pass rates"),
        (["-o", "data.jsonl", "--dataset", "data.jsonl"], "data.jsonl: is a file of the dataset; choose another name"),
        (["--prompts", "set/a.jsonl", "--dataset", "set"], "set/a.jsonl: is a file of the dataset; choose another"),
    ],
)
def test_nothing_that_is_read_is_written_over(
    source: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], message: str
) -> None:
    monkeypatch.chdir(source.parent)
    Path("set").mkdir()
    for name in ("data.jsonl", "set/a.jsonl"):
        Path(name).write_bytes(LINE)
    shown = run("in.jsonl", *options)
    assert (shown.exit_code, shown.stderr.startswith(f"p2r-score: {message}")) == (2, True), shown.stderr
    assert source.read_bytes() == LINE * 40
    assert Path("data.jsonl").read_bytes() == Path("set/a.jsonl").read_bytes() == LINE
    assert sorted(os.listdir()) == ["data.jsonl", "in.jsonl", "set"]


@pytest.mark.parametrize("option", ["-o", "--rejects", "--prompts"])
def test_a_missing_folder_is_told_before_the_work(source: Path, monkeypatch: pytest.MonkeyPatch, option: str) -> None:
    def work(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("p2r_rewards.scoring.parts._score_chunk", work)
    place = source.parent / "nowhere" / "o.jsonl"
    shown = run(source, option, place)
    assert shown.exit_code == 1
    assert f"{place}: can't be written: No such" in shown.stderr


@pytest.mark.parametrize("name", ["a b\n\u2028😀.jsonl", "-x.jsonl", "diff", "\udcff\udcfe.jsonl", "o*[a].jsonl"])
def test_names(source: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(source.parent)
    Path(name).write_bytes(LINE + b"broken\n")
    output = "out of " + (name if name.endswith(".jsonl") else name + ".jsonl")
    shown = run("-o", output, "--json", "--", "./diff" if name == "diff" else name)
    assert shown.exit_code == 0, shown.output
    assert json.loads(shown.stdout)["rows"] == 1
    assert Path(output).read_bytes().startswith(LINE[:-2])
    assert json.loads(Path(output + ".rejects.jsonl").read_bytes())["line"] == 2
    assert json.loads(Path(output + ".provenance.json").read_bytes())["counts"]["rows"] == 1


def test_pipes_are_for_standard_input(source: Path) -> None:
    pipe = source.with_name("pipe")
    os.mkfifo(pipe)
    for name in (pipe, "/dev/null"):
        shown = run(name)
        assert shown.exit_code == 1
        assert shown.stderr == (
            f"p2r-score: {name}: is a pipe or a device, which can be read but once; "
            "give - and put it on standard input\n"
        )


# Inputs that move


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("change", ["grows", "shrinks", "is rewritten", "goes", "dataset"])
def test_an_input_that_moves_while_it_is_read(source: Path, monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    add = gathering.Gathered.add
    dataset = source.with_name("data.jsonl")
    dataset.write_bytes(LINE)

    def move(*arguments: Any) -> int:
        with source.open("r+b") as file:
            if change == "grows":
                file.seek(0, 2)
                file.write(LINE)
            elif change == "shrinks":
                file.truncate(len(LINE) * 20)
            elif change == "is rewritten":
                file.write(LINE)
                os.utime(source, (1, 1))
        if change == "goes":
            source.unlink(missing_ok=True)
        elif change == "dataset":
            dataset.write_bytes(LINE + LINE)
        monkeypatch.setattr(gathering.Gathered, "add", add)
        return add(*arguments)

    monkeypatch.setattr(gathering.Gathered, "add", move)
    shown = run(source, "-o", source.with_name("o.jsonl"), "--dataset", dataset)
    name = dataset if change == "dataset" else source
    assert shown.exit_code == 1
    assert shown.stderr.startswith(f"p2r-score: {name}: "), shown.stderr
    assert ("No such file" if change == "goes" else "was written to while it was read") in shown.stderr, shown.stderr
    assert {path.name for path in source.parent.iterdir()} <= {"in.jsonl", "data.jsonl"}


# Full disks


class _Full:
    """A stream that has no room."""

    closed = False

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream

    def write(self, data: bytes) -> int:
        raise OSError(28, os.strerror(28))

    def flush(self) -> None:
        pass

    def close(self) -> None:
        self.stream.close()


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("name", ["o.jsonl", "o.parquet"])
def test_a_full_disk(source: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    output = source.with_name(name)
    begin = ScoringOutputs.begin

    def fill(self: ScoringOutputs, *arguments: Any) -> None:
        assert self._output is not None
        self._stream = self._output.stream = _Full(self._output.stream)  # type: ignore[assignment]
        begin(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(ScoringOutputs, "begin", fill)
        shown = run(source, "-o", output)
    assert shown.exit_code == 1
    assert shown.stderr == (
        f"p2r-score: {output}: can't be written: No space left on device; make room, then "
        "the same command with --resume goes on from here\n"
    )
    assert not output.exists()
    summary = json.loads(run(source, "-o", output, "--resume", "--json").stdout)
    assert summary["rows"] == 40
    assert not any("anew" in note for note in summary["notes"])
    left = {path.name for path in source.parent.iterdir()}
    assert left == {"in.jsonl", name, *([f"{name}.provenance.json"] if name.endswith(".jsonl") else [])}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("options", [["-o", "-", "--quiet"], []])
def test_standard_output_without_room(source: Path, options: list[str]) -> None:
    script = "from p2r_rewards.commands.score import main; main()"
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-c", script, str(source), *options], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 1
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


# Killed


def _die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.usefixtures("small_chunks")
def test_a_worker_that_is_killed(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from p2r_rewards.scoring import parts

    output = source.with_name("o.jsonl")
    with monkeypatch.context() as patch:
        patch.setattr(files, "render_task", _die)
        shown = run(source, "-o", output, "--workers", "2")
    assert shown.exit_code == 1
    assert shown.stderr == (
        "p2r-score: a worker process was killed, perhaps for want of memory: use fewer --workers; "
        "the same command with --resume goes on from here\n"
    )

    def score_again(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(parts, "_score_chunk", score_again)
    assert run(source, "-o", output, "--resume", "--quiet").exit_code == 0
    assert len(output.read_bytes().splitlines()) == 40


def test_a_killed_run_leaves_nothing_for_good(source: Path) -> None:
    output = source.with_name("o.jsonl")
    script = "import os; from p2r_rewards.scoring import files; from p2r_rewards.commands.score import main;" + (
        "files.make_stamp = lambda *_, **__: os.kill(os.getpid(), 9); main()"
    )
    command = [sys.executable, "-c", script, str(source), "-o", str(output), "--quiet"]
    assert subprocess.run(command).returncode == -signal.SIGKILL
    assert any(path.suffix == ".tmp" for path in source.parent.iterdir())
    assert run(source, "-o", output, "--quiet").exit_code == 0
    assert {path.name for path in source.parent.iterdir()} == {"in.jsonl", "o.jsonl", "o.jsonl.provenance.json"}


# Counts


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.usefixtures("small_chunks")
def test_rows_and_rejects_add_up(tmp_path: Path, workers: int) -> None:
    odd = [
        b"\xff\xfe\xfa broken",
        b"[1]",
        b'"text"',
        b"{}",
        b'{"completion": null}',
        b'{"completion": "x", "v": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
        b'{"completion": "x", "v": ' + b"9" * 5_000 + b"}",
        b'{"completion": "cut',
        b"\0\0\0",
    ]
    fine = [
        b'{"completion": "\\ud800", "v": NaN, "big": 123456789012345678901234567890}',
        b'{"completion": "x", "completion": "y", "v": 1, "v": 2}',
        b'{"completion": "x", "v": 1e999}',
        b'{"completion": "x", "' + b'": 1, "'.join(b"c%d" % n for n in range(3_000)) + b'": 1}',
        LINE.strip(),
    ]
    lines = [line for pair in zip([*fine, *fine], odd, strict=False) for line in (*pair, b"", b"  ")]
    (tmp_path / "a.jsonl").write_bytes(b"\xef\xbb\xbf" + b"\r\n".join(lines))
    (tmp_path / "b.gz").write_bytes(gzip.compress(b"\n".join(lines)))
    (tmp_path / "c.png").write_bytes(b"\x89PNG\r\n\x1a\n" + os.urandom(1_000))
    output = tmp_path / "out" / "o.jsonl"
    output.parent.mkdir()
    shown = run(tmp_path / "a.jsonl", tmp_path / "b.gz", "-o", output, "--workers", str(workers), "--json", "--strict")
    assert shown.exit_code == 1
    summary = json.loads(shown.stdout)
    assert (summary["rows"], summary["rejects"]) == (2 * len(odd), 2 * len(odd))
    assert len(output.read_bytes().splitlines()) == 2 * len(odd)
    rejects = [json.loads(line) for line in Path(f"{output}.rejects.jsonl").read_bytes().splitlines()]
    assert [one["line"] for one in rejects] == [2 + 4 * n for n in range(len(odd))] * 2
    assert shown.stderr.startswith("p2r-score: --strict: 18 rows rejected")
    assert f"passed over {tmp_path / 'c.png'}" in "".join(json.loads(run(tmp_path, "--json").stdout)["notes"])


def test_all_rows_rejected(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_bytes(b'{"foo": 1}\n' * 3)
    shown = run(tmp_path / "in.jsonl", "-o", tmp_path / "o.jsonl")
    assert shown.exit_code == 1
    assert shown.stderr == (
        f"p2r-score: no row holds a rollout; first {tmp_path / 'in.jsonl'}, line 1: no column holds a completion; "
        "the row has foo; name it with --map completion=COLUMN\n"
    )
    assert sorted(os.listdir(tmp_path)) == ["in.jsonl"]


@pytest.fixture(scope="module")
def long_line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A row of 100 MB between two others, plain and packed."""
    folder = tmp_path_factory.mktemp("long")
    text = LINE + b'{"completion": "' + b"x" * 100_000_000 + b'"}\n' + LINE
    (folder / "in.jsonl").write_bytes(text)
    (folder / "in.gz").write_bytes(gzip.compress(text, 1))
    yield folder
    for path in folder.iterdir():
        path.unlink()


# The kernel's own peak of this program: `ru_maxrss` begins with that of the process that started it.
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize("name", ["in.jsonl", "in.gz"])
def test_memory_is_bounded_whatever_a_line_is(long_line: Path, name: str) -> None:
    script = (
        "from pathlib import Path; from p2r_rewards.scoring import ScoringJob, score_files;"
        f"summary = score_files(ScoringJob(inputs=[{str(long_line / name)!r}]));"
        "peak = Path('/proc/self/status').read_text().partition('VmHWM:')[2].split()[0];"
        "print(summary['rows'], summary['rejects'], peak)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    rows, rejects, peak = map(int, done.stdout.split())
    assert (rows, rejects) == (2, 1)
    assert peak * 1024 < 600_000_000
