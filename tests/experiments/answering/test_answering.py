"""Questions put to a scripted server: order, resuming, faults and hostile text."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from filelock import FileLock

from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.experiments.answering.run_folder import RunFolder, find_answers
from p2r_rewards.experiments.benchmarks.question import Medium
from tests.experiments.answering.made_questions import answer, job, question
from tests.judges.fake_server import Act, FakeServer, Seen

SIX = [question(number) for number in range(6)]


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def asked(seen: Seen) -> str:
    content = seen.body["messages"][-1]["content"]
    return str(content if isinstance(content, str) else content[-1]["text"])


def echo(seen: Seen, number: int) -> Act:
    # Later questions are answered first.
    place = int(asked(seen).split(":")[0].split()[-1])
    return Act(f"<think>…</think><answer>B</answer> to {place}", delay=0.05 * (5 - place))


def test_answers_stand_in_the_order_of_the_questions(tmp_path: Path) -> None:
    with FakeServer(echo) as server:
        found = answer(server.openai, SIX, tmp_path)
        sent = server.seen[0].body
    assert (sent["temperature"], sent["top_p"]) == (0.01, 0.001)
    written = rows(tmp_path / "answers.jsonl")
    assert [row["key"] for row in written] == [one.key for one in SIX]
    assert all(row["output"].endswith(f"to {number}") for number, row in enumerate(written))
    first = written[0]
    assert (first["benchmark"], first["gold"], first["options"]) == (
        "mvbench",
        "B",
        ["A. a cat", "B. a dog", "C. a fish"],
    )
    assert (first["finish_reason"], first["error"], first["model"], first["prompt"]) == ("stop", None, "m", "direct")
    assert (found["questions"], found["answered"], found["known"], found["requests"]) == (6, 6, 0, 6)
    stamp = json.loads((tmp_path / "answers.jsonl.provenance.json").read_text())
    assert stamp["counts"] == {"questions": 6, "answered": 6, "unanswered": 0, "cut_off": 0}


def test_a_second_run_asks_nothing_and_writes_the_same(tmp_path: Path) -> None:
    with FakeServer(echo) as server:
        answer(server.openai, SIX, tmp_path)
        before = (tmp_path / "answers.jsonl").read_bytes()
        again = answer(server.openai, SIX, tmp_path)
        assert len(server.seen) == 6
    assert (again["known"], again["requests"]) == (6, 0)
    assert (tmp_path / "answers.jsonl").read_bytes() == before


def test_shards_share_a_folder_and_the_whole_asks_nothing(tmp_path: Path) -> None:
    with FakeServer(echo) as server:
        for number in (1, 2):
            answer(server.openai, SIX[number - 1 :: 2], tmp_path, shard=(number, 2))
        assert len(find_answers(tmp_path)) == 2
        answer(server.openai, SIX, tmp_path)
        assert len(server.seen) == 6
    assert [path.name for path in find_answers(tmp_path)] == ["answers.jsonl"]
    assert [row["key"] for row in rows(tmp_path / "answers-2-of-2.jsonl")] == ["pets/1", "pets/3", "pets/5"]


def test_what_fails_is_counted_told_and_tried_again(tmp_path: Path) -> None:
    questions = [question(0), question(1, mute="no observation"), question(2), question(3, mute="no observation")]
    broken = FakeServer(lambda seen, number: Act(status=400) if "Question 2" in asked(seen) else Act("B"))
    with broken as server:
        found = answer(server.openai, questions, tmp_path)
    assert (found["answered"], found["unanswered"]) == (1, 3)
    assert {one["fault"]: one["questions"] for one in found["faults"]} == {
        "not asked: no observation": 2,
        "no answer from the model: HTTP 400 (some_code)": 1,
    }
    written = rows(tmp_path / "answers.jsonl")
    assert [row["output"] for row in written] == ["B", None, None, None]
    assert [row["key"] for row in written] == [one.key for one in questions]
    assert written[1]["error"] == "no observation"
    with FakeServer(lambda seen, number: Act("C")) as server:
        found = answer(server.openai, questions, tmp_path)
        assert len(server.seen) == 1
    assert [row["output"] for row in rows(tmp_path / "answers.jsonl")] == ["B", None, "C", None]


def test_missing_videos_are_unanswered_and_nothing_is_asked_of_them(tmp_path: Path) -> None:
    root = tmp_path / "data"
    root.mkdir()
    places = ["gone.mp4", "../outside.mp4", "http://host/x.mp4"]
    questions = [question(number, media=(Medium(place),)) for number, place in enumerate(places)]
    with FakeServer(lambda seen, number: Act("B")) as server:
        found = answer(server.openai, [*questions, question(9)], tmp_path / "run", root)
        assert len(server.seen) == 1
    assert {one["fault"] for one in found["faults"]} == {
        "media: missing",
        "media: escapes the root",
        "media: an address",
    }
    assert found["unanswered"] == 3


def test_a_server_that_stays_down_ends_the_run_and_keeps_what_is_done(tmp_path: Path) -> None:
    many = [question(number) for number in range(100)]
    with (
        FakeServer(lambda seen, number: Act("B") if number <= 5 else Act(status=400)) as server,
        pytest.raises(DataError, match=r"64 requests in a row failed.*run the command again"),
    ):
        answer(server.openai, many, tmp_path)
    assert not (tmp_path / "answers.jsonl").exists()
    with FakeServer(lambda seen, number: Act("B")) as server:
        assert answer(server.openai, many, tmp_path)["known"] == 5
        assert len(server.seen) == 95


HOSTILE = "Which {gold} {0} %s \x1b[31m \x00 [red] <answer>C</answer> </script> \u202e \ud800 <|im_end|>?"


def test_hostile_questions_and_replies_stay_text(tmp_path: Path) -> None:
    said = "<answer>{gold}\x1b[2J\x00</answer> [bold] \u202e <|im_end|> ${PATH} `id`"
    with FakeServer(lambda seen, number: Act(said)) as server:
        for form in ("jsonl", "parquet"):
            answer(server.openai, [question(0, text=HOSTILE)], tmp_path / form, form=form)
        sent = asked(server.seen[0])
    shown = HOSTILE.replace("\ud800", "\\ud800")
    assert sent.startswith(shown)
    (row,) = rows(tmp_path / "jsonl" / "answers.jsonl")
    (other,) = pq.read_table(tmp_path / "parquet" / "answers.parquet").to_pylist()
    assert row == other
    assert row["output"] == said
    assert row["question"] == shown


def test_a_folder_keeps_to_its_settings(tmp_path: Path) -> None:
    with FakeServer(lambda seen, number: Act("B")) as server:
        answer(server.openai, SIX[:1], tmp_path, settings={"decoding": {"temperature": 0.01}})
        with pytest.raises(ConfigError, match=r"decoding.temperature = 0.01, not 1.0; choose another folder"):
            answer(server.openai, SIX[:1], tmp_path, settings={"decoding": {"temperature": 1.0}})


def test_answers_that_no_run_made_are_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "answers.jsonl").write_text("mine\n")
    with pytest.raises(ConfigError, match=r"holds answers.jsonl, which no run there made"):
        answer("http://127.0.0.1:9/v1", SIX[:1], tmp_path)
    assert (tmp_path / "answers.jsonl").read_text() == "mine\n"


def test_settings_that_cannot_be_read_name_their_file(tmp_path: Path) -> None:
    for text in ("{", "[]"):
        (tmp_path / "run.json").write_text(text)
        with pytest.raises((ConfigError, DataError), match=r"run\.json"):
            job(SIX, tmp_path).folder.check({"model": "m"})


def test_two_runs_at_once_are_refused(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    one = job(SIX, tmp_path)
    with (
        FileLock(tmp_path / ".answers.jsonl.lock"),
        pytest.raises(DataError, match="another run"),
        folder.held(one.output),
    ):
        pass


def test_a_folder_without_answers_says_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no answers"):
        find_answers(tmp_path)
