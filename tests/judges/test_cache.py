"""The verdict cache: shared, bounded, private, and never in the way."""

from __future__ import annotations

import json
import multiprocessing
import os
import sqlite3
import stat
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from p2r_rewards.errors import ConfigError
from p2r_rewards.judges.cache import VerdictCache, default_path
from p2r_rewards.judges.cache_key import KeyMaker
from p2r_rewards.judges.client import Reply
from p2r_rewards.judges.decoding import Decoding
from p2r_rewards.judges.file_systems import is_local
from p2r_rewards.judges.verdict import Verdict
from tests.judges.made_items import item

SURE = Verdict(sufficient=True, how="judgement tag: yes", raw="Private. Yes", model="m", template="t@1", seconds=2.0)


def key(number: int) -> bytes:
    return number.to_bytes(32, "big")


def some(count: int, start: int = 0) -> list[tuple[bytes, Verdict]]:
    return [(key(number), replace(SURE, sufficient=number % 2 == 0)) for number in range(start, start + count)]


@pytest.fixture
def cache(tmp_path: Path) -> VerdictCache:
    return VerdictCache(tmp_path / "folder" / "cache.sqlite")


def test_what_is_put_is_got(cache: VerdictCache) -> None:
    cache.put_many(some(2_000))
    found = cache.get_many([key(number) for number in range(3_000)])
    assert {k: v.sufficient for k, v in found.items()} == {k: v.sufficient for k, v in some(2_000)}
    one = found[key(0)]
    assert (one.cached, one.seconds, one.how, one.model, one.template) == (True, 0.0, SURE.how, "m", "t@1")
    again = VerdictCache(cache.path)
    assert again.get_many([key(1)]) == {key(1): found[key(1)]}


def test_unscored_verdicts_are_not_kept_and_known_ones_stay(cache: VerdictCache) -> None:
    cache.put_many([(key(1), replace(SURE, sufficient=None))])
    assert cache.get_many([key(1)]) == {}
    cache.put_many([(key(1), SURE)])
    cache.put_many([(key(1), replace(SURE, sufficient=False))])
    assert cache.get_many([key(1)])[key(1)].sufficient is True


def test_replies_are_kept_only_when_asked_for(cache: VerdictCache, tmp_path: Path) -> None:
    cache.put_many([(key(1), SURE)])
    assert cache.get_many([key(1)])[key(1)].raw is None
    assert b"Private" not in cache.path.read_bytes()
    keeping = VerdictCache(tmp_path / "raw.sqlite", store_raw=True)
    keeping.put_many([(key(1), replace(SURE, raw="lone \ud800"))])
    assert keeping.get_many([key(1)])[key(1)].raw == "lone ?"


def test_the_file_is_private(cache: VerdictCache, tmp_path: Path) -> None:
    cache.put_many(some(10))
    assert stat.S_IMODE(cache.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(cache.path.parent.stat().st_mode) == 0o700
    open_to_all = tmp_path / "open.sqlite"
    sqlite3.connect(open_to_all).execute("CREATE TABLE x (y)")
    open_to_all.chmod(0o644)
    VerdictCache(open_to_all).put_many(some(1))
    assert stat.S_IMODE(open_to_all.stat().st_mode) == 0o600
    assert cache.export_to(tmp_path / "out.jsonl") == 10
    assert stat.S_IMODE((tmp_path / "out.jsonl").stat().st_mode) == 0o600


def test_age_and_size_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = VerdictCache(tmp_path / "cache.sqlite", max_age_days=1.0, max_bytes=200_000)
    with monkeypatch.context() as patch:
        patch.setattr("p2r_rewards.judges.cache.time.time", lambda: 1_000.0)
        cache.put_many(some(5))
    assert cache.get_many([key(1)]) == {}, "too old"
    assert cache.prune() == 5
    for start in range(0, 10_000, 500):
        cache.put_many(some(500, start))
    cache.prune()
    info = cache.show()
    assert 0 < info.verdicts < 10_000
    assert info.bytes <= 200_000
    assert cache.path.stat().st_size <= 220_000, "the file shrinks too"
    assert key(9_999) in cache.get_many([key(9_999)]), "the oldest go first"
    assert cache.prune(max_bytes=1) == info.verdicts


def test_show_and_export(cache: VerdictCache, tmp_path: Path) -> None:
    assert cache.show().verdicts == 0
    cache.put_many(some(1_500))
    cache.put_many([(key(9_999), replace(SURE, model="other"))])
    info = cache.show()
    assert info.models == {"m": 1_500, "other": 1}
    assert info.oldest is not None
    rows = [
        json.loads(line) for line in (cache.export_to(tmp_path / "x"), (tmp_path / "x").read_text())[1].splitlines()
    ]
    assert len(rows) == 1_501
    assert rows[0]["key"] == key(0).hex()
    assert rows[0]["sufficient"] is True


def _hammer(path: str, start: int) -> int:
    cache = VerdictCache(path)
    for step in range(10):
        cache.put_many(some(50, start + 50 * step))
        cache.get_many([key(number) for number in range(200)])
    return cache.show().verdicts


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_processes_and_threads_share_it(tmp_path: Path, journal: str) -> None:
    path = tmp_path / "cache.sqlite"
    VerdictCache(path, journal=journal).show()  # type: ignore[arg-type]
    with ProcessPoolExecutor(3, mp_context=multiprocessing.get_context("spawn")) as pool:
        list(pool.map(_hammer, [str(path)] * 3, [0, 250, 500]))
    cache = VerdictCache(path)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda start: cache.put_many(some(100, start)), range(1_000, 2_000, 100)))
    assert cache.show().verdicts == 2_000


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_forked_child_opens_its_own(cache: VerdictCache) -> None:
    cache.put_many(some(1))
    if not (child := os.fork()):
        cache.put_many(some(1, start=1))
        os._exit(0 if len(cache.get_many([key(0), key(1)])) == 2 else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert len(cache.get_many([key(0), key(1)])) == 2


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_broken_file_costs_a_warning_only(tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "cache.sqlite"
    path.write_bytes(content)
    cache = VerdictCache(path)
    cache.put_many(some(3))
    assert cache.get_many([key(1)]) == {}
    assert (cache.show().verdicts, list(cache.export()), cache.prune()) == (0, [], 0)
    assert caplog.text.count("no verdict cache") == 1
    assert path.read_bytes() == content


def test_one_of_another_version_is_left_alone(cache: VerdictCache, caplog: pytest.LogCaptureFixture) -> None:
    cache.put_many(some(3))
    cache.close()
    connection = sqlite3.connect(cache.path)
    connection.execute("PRAGMA user_version=99")
    connection.close()
    other = VerdictCache(cache.path)
    assert other.get_many([key(0)]) == {}
    assert "another version" in caplog.text


def test_a_folder_in_its_place_costs_a_warning_only(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    cache = VerdictCache(tmp_path)
    cache.put_many(some(3))
    assert cache.get_many([key(0)]) == {}
    assert "no verdict cache" in caplog.text


def test_one_that_cannot_be_written_is_read(cache: VerdictCache, caplog: pytest.LogCaptureFixture) -> None:
    cache.put_many(some(3))
    cache.close()
    # Root may write anywhere: SQLite is told to refuse.
    reader = VerdictCache(cache.path)
    assert len(reader.get_many([key(0)])) == 1
    assert reader._connection is not None
    reader._connection.execute("PRAGMA query_only=ON")
    reader.put_many(some(3, start=10))
    reader.put_many(some(3, start=20))
    assert "read, not written" in caplog.text
    assert len(reader.get_many([key(1)])) == 1


def test_a_locked_one_is_gone_round(
    cache: VerdictCache, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("p2r_rewards.judges.cache.BUSY_SECONDS", 0.05)
    cache.put_many(some(3))
    holder = sqlite3.connect(cache.path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    assert cache.get_many([key(0)]) == {}
    cache.put_many(some(3, start=10))
    holder.execute("ROLLBACK")
    holder.close()
    assert "busy" in caplog.text
    assert len(cache.get_many([key(0)])) == 1, "it is used again"


def test_write_ahead_logs_stay_off_network_disks() -> None:
    mounts = "\n".join(
        [
            "22 1 8:1 / / rw - ext4 /dev/sda1 rw",
            "23 22 0:30 / /home rw - nfs4 server:/home rw",
            r"24 22 0:31 / /with\040space rw - xfs /dev/sdb rw",
            "25 22 0:32 / /share rw - fuse.sshfs host:/ rw",
        ]
    )
    local = {"/var/x": True, "/home/me": False, "/homework": True, "/with space/x": True, "/share/x": False}
    assert {path: is_local(Path(path), mounts) for path in local} == local
    assert not is_local(Path("/x"), "")


def test_limits_are_checked() -> None:
    with pytest.raises(ConfigError, match="max_bytes"):
        VerdictCache("x", max_bytes=0)
    with pytest.raises(ConfigError, match="max_age_days"):
        VerdictCache("x", max_age_days=-1.0)


def test_the_place_can_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("P2R_JUDGE_CACHE", str(tmp_path / "mine.sqlite"))
    assert default_path() == tmp_path / "mine.sqlite"
    monkeypatch.delenv("P2R_JUDGE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_path() == tmp_path / "p2r-rewards" / "verdicts.sqlite"


class Model:
    def __init__(self, model: str = "m", address: str = "http://a", decoding: Decoding | None = None) -> None:
        self.model, self.address, self.decoding = model, address, decoding

    async def complete(self, messages: object, *, choices: object = None) -> Reply:
        raise NotImplementedError


def test_the_key_holds_all_that_a_verdict_depends_on() -> None:
    base = item()
    makers = [
        KeyMaker(Model(), "t@1#a", "1", structured=True),
        KeyMaker(Model("other"), "t@1#a", "1", structured=True),
        KeyMaker(Model(address="http://b"), "t@1#a", "1", structured=True),
        KeyMaker(Model(decoding=Decoding()), "t@1#a", "1", structured=True),
        KeyMaker(Model(decoding=Decoding(temperature=0.5)), "t@1#a", "1", structured=True),
        KeyMaker(Model(), "t@1#b", "1", structured=True),
        KeyMaker(Model(), "t@1#a", "2", structured=True),
        KeyMaker(Model(), "t@1#a", "1", structured=False),
    ]
    others = [
        replace(base, question=None),
        replace(base, question="None"),
        replace(base, gold="4"),
        replace(base, observation="x"),
        replace(base, observation="\ud800"),
        replace(base, options=("a", "b")),
        replace(base, options=("a, b",)),
        replace(base, type="OCR"),
        replace(base, data_type="image"),
    ]
    keys = [maker(base) for maker in makers] + [makers[0](other) for other in others]
    assert len(set(keys)) == len(keys)
    assert KeyMaker(Model(), "t@1#a", "1", structured=True)(item()) == keys[0]
    assert sys.getsizeof(keys[0]) < 100
