"""The bytes of a file, decompressed: within bounds, and with one kind of error."""

from __future__ import annotations

import gzip
import io
import zlib
from pathlib import Path
from typing import BinaryIO, Literal, TypeAlias

from p2r_rewards.errors import DataError

Compression: TypeAlias = Literal["gzip", "zstd"]

MAX_RATIO = 200
GRACE_BYTES = 256_000_000
"""A file may expand to this many bytes whatever its size, and to `MAX_RATIO` times its size."""

_BUFFER = 1 << 20


def find_compression(magic: bytes) -> Compression | None:
    """How a file is packed that begins with these bytes."""
    if magic.startswith(b"\x1f\x8b"):
        return "gzip"
    return "zstd" if magic.startswith(b"\x28\xb5\x2f\xfd") else None


def open_unpacked(path: Path, name: str, compression: Compression | None) -> BinaryIO:
    """The decompressed bytes of a file, buffered.

    Raises:
        DataError: When read: the data are cut off or broken, or expand to more than the bounds.
    """
    if compression is None:
        return path.open("rb", buffering=_BUFFER)
    if compression == "gzip":
        packed: BinaryIO = gzip.open(path, "rb")  # type: ignore[assignment]  # noqa: SIM115
    else:
        import pyarrow as pa

        packed = pa.input_stream(str(path), compression="zstd")
    limit = max(GRACE_BYTES, MAX_RATIO * path.stat().st_size)
    return io.BufferedReader(_Unpacked(packed, name, compression, limit), _BUFFER)


class _Unpacked(io.RawIOBase):
    """Decompressed bytes up to a limit."""

    def __init__(self, packed: BinaryIO, name: str, compression: str, limit: int) -> None:
        self._packed = packed
        self._name = name
        self._compression = compression
        self._limit = limit
        self._read = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        try:
            data = self._packed.read(len(buffer))
        except (EOFError, OSError, zlib.error) as error:
            message = f"{self._name}: {self._compression} data are cut off or broken ({error})"
            raise DataError(message) from error
        self._read += len(data)
        if self._read > self._limit:
            message = f"{self._name}: expands to more than {self._limit:,} bytes; decompress it if that is right"
            raise DataError(message)
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._packed.close()
        super().close()
