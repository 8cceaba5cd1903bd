"""`p2r-judge` as users run it: verdicts, calibration, sheets and the cache."""

import csv
import json
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from p2r_rewards import __version__
from p2r_rewards.commands.judge import main
from p2r_rewards.judges.cache import VerdictCache
from p2r_rewards.judges.labels import read_labels
from p2r_rewards.judges.verdict import Verdict
from tests.judges.fake_server import NO, YES, Act, FakeServer, Seen

ROOT = Path(__file__).parents[2]
ROLLOUTS = ROOT / "examples" / "rollouts.jsonl"
LABELS = ROOT / "examples" / "judge_labels.jsonl"
LEXICAL = "the lexical judge's"
ROW: dict[str, Any] = {
    "problem": "How many cups are on the table?",
    "problem_type": "numerical",
    "solution": "2",
    "completion": "<observation>Two cups stand on the table beside a jug of milk.</observation>"
    "<think>Two.</think><answer>2</answer>",
}


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, list(map(str, arguments)))


def write(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def words(shown: Result) -> str:
    """The output with lines joined, since tables wrap."""
    return " ".join(shown.output.split())


def test_help_and_version() -> None:
    shown = run("--help")
    assert shown.exit_code == 0
    assert "Exit status: 0 done, 1 the work failed" in shown.output
    assert run("--version").output.strip() == f"p2r-judge, version {__version__}"
    for command in ("verdicts", "calibrate", "sample", "cache"):
        assert run(command, "--help").exit_code == 0


def test_the_script_is_declared() -> None:
    assert 'p2r-judge = "p2r_rewards.commands.judge:main"' in (ROOT / "pyproject.toml").read_text()


class TestVerdicts:
    def test_rows_keep_their_columns_and_get_a_verdict(self, tmp_path: Path) -> None:
        source, out = write(tmp_path / "in.jsonl", {**ROW, "mine": [1]}), tmp_path / "out.jsonl"
        shown = run("verdicts", source, "--judge", "lexical", "-o", out)
        assert shown.exit_code == 0, shown.output
        assert LEXICAL in words(shown)
        (row,) = read(out)
        assert {name: row[name] for name in (*ROW, "mine")} == {**ROW, "mine": [1]}
        assert row["sufficient"] in (True, False)
        assert row["judge"].startswith("lexical")
        assert row["sufficient_how"]

    def test_rows_of_items_have_an_observation_of_their_own(self, tmp_path: Path) -> None:
        rows = read(LABELS)[:6]
        out = tmp_path / "out.jsonl"
        shown = run("verdicts", write(tmp_path / "in.jsonl", *rows), "--judge", "lexical", "-o", out, "--json")
        assert shown.exit_code == 0, shown.output
        summary = json.loads(shown.stdout)
        assert (summary["rows"], summary["unscored"], summary["judge"]) == (6, 0, "lexical")
        assert LEXICAL in summary["notes"][0]
        assert [row["id"] for row in read(out)] == [row["id"] for row in rows]

    def test_what_is_nobodys_fault_is_unscored_and_no_observation_is_insufficient(self, tmp_path: Path) -> None:
        rows = [
            ROW,
            {**ROW, "completion": "<think>Two.</think><answer>2</answer>"},  # says nothing of what it sees
            {**ROW, "solution": None},
            {**ROW, "problem": None},
        ]
        out = tmp_path / "out.jsonl"
        shown = run("verdicts", write(tmp_path / "in.jsonl", *rows), "--judge", "lexical", "-o", out, "--json")
        verdicts = [(row["sufficient"], row["sufficient_how"]) for row in read(out)]
        assert verdicts[1] == (False, "there is no observation")
        assert verdicts[2] == (None, "gold is missing")
        assert verdicts[3] == (None, "question is missing")
        assert json.loads(shown.stdout)["unscored"] == 2
        strict = run("verdicts", tmp_path / "in.jsonl", "--judge", "lexical", "--strict")
        assert strict.exit_code == 1
        assert "--strict: 0 rejected, 2 unscored" in strict.output

    def test_unreadable_rows_go_to_a_rejects_file(self, tmp_path: Path) -> None:
        source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
        source.write_text(json.dumps(ROW) + '\n{"broken\n' + json.dumps({"problem": "?"}) + "\n")
        shown = run("verdicts", source, "--judge", "lexical", "-o", out)
        assert shown.exit_code == 0, shown.output
        rejects = read(tmp_path / "out.jsonl.rejects.jsonl")
        assert [row["line"] for row in rejects] == [2, 3]
        assert "2 rejected" in shown.output
        write(source, ROW)
        assert run("verdicts", source, "--judge", "lexical", "-o", out).exit_code == 0
        assert not (tmp_path / "out.jsonl.rejects.jsonl").exists()  # the old one does not stay

    def test_standard_input_and_output(self) -> None:
        shown = CliRunner().invoke(
            main, ["verdicts", "-", "--judge", "lexical", "-o", "-", "--quiet"], input=json.dumps(ROW)
        )
        assert shown.exit_code == 0, shown.output
        assert json.loads(shown.stdout)["problem"] == ROW["problem"]

    def test_columns_of_the_input_are_not_written_over_unasked(self, tmp_path: Path) -> None:
        source, out = write(tmp_path / "in.jsonl", {**ROW, "sufficient": True}), tmp_path / "out.jsonl"
        shown = run("verdicts", source, "--judge", "lexical", "-o", out)
        assert shown.exit_code == 2
        assert "has sufficient already" in shown.output
        assert not out.exists()
        assert run("verdicts", source, "--judge", "lexical", "-o", out, "--overwrite-columns").exit_code == 0

    def test_p2r_score_reads_the_verdicts(self, tmp_path: Path) -> None:
        from p2r_rewards.commands.score import main as score

        out = tmp_path / "out.jsonl"
        run("verdicts", write(tmp_path / "in.jsonl", ROW, ROW), "--judge", "lexical", "-o", out)
        shown = CliRunner().invoke(score, [str(out), "--json"])
        perception = json.loads(shown.stdout)["processes"]["perception"]["accuracy"]["mean"]
        assert perception == float(read(out)[0]["sufficient"])

    @pytest.mark.parametrize(
        ("arguments", "status", "message"),
        [
            (["--judge", "oracle"], 2, "this names no judge; write one of lexical"),
            (["--judge", "lexical", "-o", "x.csv"], 2, "must end in .jsonl"),
            (["--judge", "lexical", "--map", "gold"], 2, "write FIELD=COLUMN"),
            (["--judge", "lexical", "--map", "gold=nowhere"], 2, "no row has the column 'nowhere'"),
            (["--judge", "openai:m@http://user:secret@host/v1"], 2, ""),
            (["--judge", "replay:nowhere.jsonl"], 1, "nowhere.jsonl"),
            ([], 2, "Missing option '--judge'"),
        ],
    )
    def test_wrong_usage(self, tmp_path: Path, arguments: list[str], status: int, message: str) -> None:
        shown = run("verdicts", write(tmp_path / "in.jsonl", ROW), *arguments)
        assert (shown.exit_code, message in shown.output) == (status, True), shown.output
        assert "secret" not in shown.output
        assert "Traceback" not in shown.output

    def test_model_text_is_printed_clean(self, tmp_path: Path) -> None:
        source = write(tmp_path / "in.jsonl", {**ROW, "problem_type": "[red]\x1b[31mtype"})
        shown = run("verdicts", source, "--judge", "lexical")
        assert shown.exit_code == 0, shown.output
        assert "\x1b" not in shown.output
        assert "[red]\\x1b[31mtype" in shown.output


class TestModels:
    """A model behind a real socket."""

    @pytest.fixture(autouse=True)
    def key(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-not-to-be-seen")

    @staticmethod
    def script(request: Seen, number: int) -> Act:
        return Act(text=YES if "beside a jug" in request.prompt else NO)

    def test_a_run_is_taken_up_where_it_was_ended(self, tmp_path: Path) -> None:
        rows = [
            {**ROW, "completion": ROW["completion"].replace("milk", drink)}
            for drink in ("milk", "water", "wine", "tea")
        ]
        source, out, cache = tmp_path / "in.jsonl", tmp_path / "out.jsonl", tmp_path / "cache.sqlite"
        with FakeServer(self.script) as server:
            arguments = (source, "--judge", f"openai:tiny@{server.openai}", "--cache", cache, "-o", out, "--json")
            write(source, *rows[:2])
            first = run("verdicts", *arguments)
            assert first.exit_code == 0, first.output
            assert len(server.seen) == 2
            write(source, *rows, rows[0])
            second = json.loads(run("verdicts", *arguments).stdout)
            assert len(server.seen) == 4  # only what was not known, and a row that stands there twice once
            assert (second["rows"], second["sufficient"]) == (5, 5)
            assert second["cached"] >= 2
            assert second["notes"] == []
        written = out.read_text() + cache.read_bytes().decode("latin-1") + first.output
        assert "sk-not-to-be-seen" not in written
        assert {row["judge"] for row in read(out)} == {"tiny"}

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
    def test_what_was_judged_before_a_run_was_killed_is_not_asked_again(self, tmp_path: Path, number: int) -> None:
        drinks = ["milk", "water", "wine", "tea", "cola", "broth"]
        rows = [{**ROW, "completion": ROW["completion"].replace("milk", drink)} for drink in drinks]
        source, out, cache = write(tmp_path / "in.jsonl", *rows), tmp_path / "out.jsonl", tmp_path / "cache.sqlite"
        hangs = True

        def script(request: Seen, number: int) -> Act:
            return Act(kind="hang") if hangs and "broth" in request.prompt else Act()

        with FakeServer(script) as server:
            arguments = ["verdicts", source, "--judge", f"openai:tiny@{server.openai}", "--cache", cache, "-o", out]
            code = "from p2r_rewards.commands.judge import main; main()"
            process = subprocess.Popen([sys.executable, "-c", code, *map(str, arguments)], stderr=subprocess.PIPE)
            for _ in range(300):
                if cache.exists() and VerdictCache(cache).show().verdicts == 5:
                    break
                time.sleep(0.1)
            process.send_signal(number)
            _, said = process.communicate(timeout=20)
            assert not out.exists()
            if number == signal.SIGTERM:
                assert process.returncode == 128 + signal.SIGTERM
                assert b"asks only what the cache lacks" in said
                assert not list(tmp_path.glob(".out*"))  # no temporary file stays
            hangs = False
            asked = len(server.seen)
            assert run(*arguments).exit_code == 0
            assert len(server.seen) == asked + 1
        assert [row["sufficient"] for row in read(out)] == [True] * 6

    def test_without_a_cache_everything_is_asked_anew(self, tmp_path: Path) -> None:
        source = write(tmp_path / "in.jsonl", ROW)
        with FakeServer(self.script) as server:
            for _ in range(2):
                run("verdicts", source, "--judge", f"openai:tiny@{server.openai}", "--no-cache")
            assert len(server.seen) == 2

    def test_retest_goes_round_the_cache(self, tmp_path: Path) -> None:
        labels = write(tmp_path / "labels.jsonl", *read(LABELS)[:10])
        with FakeServer(self.script) as server:
            arguments = (labels, "--judge", f"openai:tiny@{server.openai}", "--cache", tmp_path / "c.sqlite")
            first = run("calibrate", *arguments, "--targets", "0", "--json")
            assert first.exit_code == 0, first.output
            (judge,) = json.loads(first.stdout)["judges"]
            assert judge["retest"]["agreement"] == 1.0
            asked = len(server.seen)
            run("calibrate", *arguments, "--targets", "0", "--no-retest")
            assert len(server.seen) == asked  # all cached
            run("calibrate", *arguments, "--targets", "0")
            assert len(server.seen) > asked  # the second asking is never cached

    def test_a_server_that_only_fails_is_no_calibration(self, tmp_path: Path) -> None:
        labels = write(tmp_path / "labels.jsonl", *read(LABELS)[:4])
        with FakeServer(lambda request, number: Act(status=401)) as server:
            shown = run("calibrate", labels, "--judge", f"openai:tiny@{server.openai}", "--no-cache", "--no-retest")
        assert shown.exit_code == 1
        assert "gave no verdict on 4 items" in words(shown)
        assert "no verdict on any item" in words(shown)
        assert "sk-not-to-be-seen" not in shown.output

    def test_judges_side_by_side(self, tmp_path: Path) -> None:
        labels = write(tmp_path / "labels.jsonl", *read(LABELS)[:10])
        with FakeServer(self.script) as server:
            shown = run(
                *("calibrate", labels, "--judge", "lexical", "--judge", f"openai:tiny@{server.openai}"),
                *("--no-cache", "--targets", "1", "--json"),
            )
        assert shown.exit_code == 0, shown.output
        found = json.loads(shown.stdout)["judges"]
        assert [judge["judge"] for judge in found] == ["lexical", f"openai:tiny@{server.openai}"]
        assert found[1]["overall"]["accuracy"] == 0.5  # it always says no
        assert all(one["resisted"] == 1.0 for one in found[1]["attacks"].values())


class TestCalibrate:
    def test_tables_for_a_judge(self) -> None:
        shown = run("calibrate", LABELS, "--judge", "lexical", "--part", "dev")
        assert shown.exit_code == 0, shown.output
        for text in (
            "dev part",
            "Agreement with the labels",
            "By",
            "regression",
            "contradicting",
            "master keys",
            LEXICAL,
        ):
            assert text.lower() in words(shown).lower(), text

    def test_json_holds_every_measure(self, tmp_path: Path) -> None:
        rows = [row for row in read(LABELS) if not row["held_out"]][:40]
        shown = run("calibrate", write(tmp_path / "labels.jsonl", *rows), "--judge", "lexical", "--json")
        assert shown.exit_code == 0, shown.output
        found = json.loads(shown.stdout)
        assert (found["items"], found["unlabelled"]) == (40, 0)
        (judge,) = found["judges"]
        assert judge["retest"]["agreement"] == 1.0  # it is deterministic
        assert len(judge["attacks"]) == 11
        assert judge["overall"]["items"] == 40
        assert LEXICAL in found["notes"][0]

    @pytest.mark.parametrize(
        ("arguments", "status", "message"),
        [
            (["--judge", "lexical", "--judge", "lexical"], 2, "given twice"),
            (["--judge", "lexical", "--confidence", "7"], 2, "confidence=7"),
            (["--judge", "nobody"], 2, "names no judge"),
            ([], 2, "Missing option '--judge'"),
        ],
    )
    def test_wrong_usage(self, arguments: list[str], status: int, message: str) -> None:
        shown = run("calibrate", LABELS, *arguments)
        assert (shown.exit_code, message in shown.output) == (status, True), shown.output

    def test_a_sheet_without_labels_is_an_error(self, tmp_path: Path) -> None:
        sheet = tmp_path / "sheet.csv"
        assert run("sample", ROLLOUTS, "-o", sheet).exit_code == 0
        shown = run("calibrate", sheet, "--judge", "lexical")
        assert shown.exit_code == 1
        assert "has a label; fill in the column" in words(shown)


class TestSample:
    @pytest.mark.parametrize("name", ["sheet.csv", "sheet.jsonl"])
    def test_a_sheet_is_filled_in_and_read_back(self, tmp_path: Path, name: str) -> None:
        sheet = tmp_path / name
        shown = run("sample", ROLLOUTS, "-o", sheet, "--count", "12", "--json")
        assert shown.exit_code == 0, shown.output
        assert json.loads(shown.stdout)["drawn"] == 12
        if name.endswith(".csv"):
            with sheet.open(newline="", encoding="utf-8-sig") as file:
                rows = list(csv.DictReader(file))
            assert {row["label"] for row in rows} == {""}
            for number, row in enumerate(rows):
                row["label"] = "sufficient" if number % 2 else "insufficient"
            with sheet.open("w", newline="", encoding="utf-8-sig") as file:
                writer = csv.DictWriter(file, list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)
        else:
            filled = [{**row, "label": number % 2 == 1} for number, row in enumerate(read(sheet))]
            write(sheet, *filled)
        items = read_labels(sheet).items
        assert [one.sufficient for one in items] == [False, True] * 6
        assert any(one.item.options for one in items)
        assert run("calibrate", sheet, "--judge", "lexical", "--targets", "1").exit_code == 0

    def test_both_forms_hold_the_same_items(self, tmp_path: Path) -> None:
        found = []
        for name in ("a.csv", "a.jsonl"):
            run("sample", ROLLOUTS, "-o", tmp_path / name, "--count", "30")
            text = (tmp_path / name).read_text(encoding="utf-8-sig")
            labelled = text.replace('"label":null', '"label":"yes"') if name == "a.jsonl" else _fill(tmp_path / name)
            (tmp_path / name).write_text(labelled, newline="")
            found.append(read_labels(tmp_path / name).items)
        assert found[0] == found[1]

    def test_draws_alike_from_types_and_from_right_and_wrong(self, tmp_path: Path) -> None:
        rows = []
        for number in range(60):
            kind = "numerical" if number % 3 else "OCR"
            answer = "<think>x</think><answer>2</answer>" if number < 50 else "<answer>3</answer>"
            text = f"<observation>Shelf {number}.</observation>{answer}"
            rows.append({**ROW, "problem_type": kind, "completion": text})
        source = write(tmp_path / "in.jsonl", *rows, *rows)  # each twice: drawn once
        shown = run("sample", source, "-o", tmp_path / "sheet.jsonl", "--count", "16", "--json")
        strata = {(one["type"], one["answer"]): one["drawn"] for one in json.loads(shown.stdout)["strata"]}
        assert strata == {
            ("OCR", "right"): 5,
            ("OCR", "wrong"): 3,  # there are no more
            ("numerical", "right"): 4,
            ("numerical", "wrong"): 4,
        }
        drawn = read(tmp_path / "sheet.jsonl")
        assert len({row["observation"] for row in drawn}) == 16
        assert not {"completion", "answer", "sufficient"} & set(drawn[0])  # nothing that sways who labels

    def test_the_seed_decides_and_the_order_of_rows_does_not(self, tmp_path: Path) -> None:
        rows = [{**ROW, "completion": f"<observation>Shelf {number}.</observation>"} for number in range(40)]
        write(tmp_path / "a.jsonl", *rows)
        write(tmp_path / "b.jsonl", *reversed(rows))
        sheets = []
        for source, seed in (("a", 1), ("b", 1), ("a", 2)):
            out = tmp_path / f"{source}{seed}.out.jsonl"
            assert run("sample", tmp_path / f"{source}.jsonl", "-o", out, "--count", "9", "--seed", seed).exit_code == 0
            sheets.append([row["observation"] for row in read(out)])
        assert sheets[0] == sheets[1]
        assert sheets[0] != sheets[2]

    def test_formulas_in_a_spreadsheet_stay_text(self, tmp_path: Path) -> None:
        hostile = ["=HYPERLINK(1)", "+1", "-2", "@x", "'quoted", "\tx", "plain"]
        rows = [{**ROW, "completion": f"<observation>{text}</observation>"} for text in hostile]
        sheet = tmp_path / "sheet.csv"
        assert run("sample", write(tmp_path / "in.jsonl", *rows), "-o", sheet).exit_code == 0
        with sheet.open(newline="", encoding="utf-8-sig") as file:
            cells = [row["observation"] for row in csv.DictReader(file)]
        assert not any(cell.startswith(("=", "+", "-", "@", "\t")) for cell in cells)
        sheet.write_text(_fill(sheet), newline="")
        assert Counter(one.item.observation.strip() for one in read_labels(sheet).items) == Counter(
            text.strip() for text in hostile
        )

    def test_a_sheet_is_not_written_over_unasked(self, tmp_path: Path) -> None:
        sheet = tmp_path / "sheet.csv"
        sheet.write_text("mine")
        shown = run("sample", ROLLOUTS, "-o", sheet)
        assert shown.exit_code == 2
        assert "perhaps with labels in it" in words(shown)
        assert sheet.read_text() == "mine"
        assert run("sample", ROLLOUTS, "-o", sheet, "--force").exit_code == 0

    @pytest.mark.parametrize(
        ("rows", "output", "status", "message"),
        [
            ([ROW], "sheet.txt", 2, "must end in .csv or .jsonl"),
            ([{**ROW, "completion": "nothing"}], "sheet.csv", 1, "nothing to label"),
            ([ROW], "no/where.csv", 1, "can't be written"),
        ],
    )
    def test_what_goes_wrong(
        self, tmp_path: Path, rows: list[dict[str, Any]], output: str, status: int, message: str
    ) -> None:
        shown = run("sample", write(tmp_path / "in.jsonl", *rows), "-o", tmp_path / output)
        assert (shown.exit_code, message in words(shown)) == (status, True), shown.output


class TestCache:
    @pytest.fixture
    def cache(self, tmp_path: Path) -> Path:
        cache = VerdictCache(tmp_path / "verdicts.sqlite")
        cache.put_many(
            (bytes([number]) * 16, Verdict(sufficient=bool(number % 2), how="said so", model="[b]m"))
            for number in range(4)
        )
        cache.close()
        return tmp_path / "verdicts.sqlite"

    def test_show(self, cache: Path) -> None:
        shown = run("cache", "show", "--cache", cache)
        assert shown.exit_code == 0, shown.output
        assert "4 verdicts" in shown.output
        assert "[b]m" in shown.output
        assert json.loads(run("cache", "show", "--cache", cache, "--json").stdout)["models"] == {"[b]m": 4}

    def test_export(self, cache: Path, tmp_path: Path) -> None:
        shown = run("cache", "export", tmp_path / "all.jsonl", "--cache", cache)
        assert shown.exit_code == 0, shown.output
        assert [row["sufficient"] for row in read(tmp_path / "all.jsonl")] == [False, True, False, True]

    def test_prune(self, cache: Path) -> None:
        assert "dropped 0 verdicts" in run("cache", "prune", "--cache", cache, "--max-age", "1").output
        assert "dropped 4 verdicts" in run("cache", "prune", "--cache", cache, "--max-size", "0").output
        assert "0 verdicts" in run("cache", "show", "--cache", cache).output

    def test_wrong_usage(self, cache: Path, tmp_path: Path) -> None:
        shown = run("cache", "prune", "--cache", cache)
        assert (shown.exit_code, "say what goes" in shown.output) == (2, True)
        for command in (["show"], ["prune", "--max-age", "1"], ["export", str(tmp_path / "x")]):
            shown = run("cache", *command, "--cache", tmp_path / "none.sqlite")
            assert (shown.exit_code, "there is no cache of verdicts" in words(shown)) == (1, True), shown.output
        assert not (tmp_path / "none.sqlite").exists()  # looking makes no file


def _fill(sheet: Path) -> str:
    """A sheet with every label filled in."""
    return sheet.read_bytes().decode("utf-8-sig").replace(",,\r\n", ",yes,\r\n")
