"""What stands on the page is what the run found."""

import base64
import gzip
import hashlib
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from p2r_rewards.experiments.report.rollouts import MAX_DATA, fair_limit, fit_rollouts
from p2r_rewards.experiments.report.score_report import write_score_report
from p2r_rewards.scoring import ScoringJob, score_files
from tests.experiments.report.made_runs import hostile_rows, rows, score, write_rows
from tests.experiments.report.reading import Report

VERDICTS = {"sufficient", "insufficient"}
KNOWN = """
a article bdi body button caption clippath dd defs details div dl dt fieldset figcaption figure footer form g h1 h2 h3
head header html input kbd label legend li main meta nav noscript option p path rect script section select span strong
style summary svg table tbody td text th thead title tr ul use
"""

EXAMPLES = Path(__file__).parents[3] / "examples" / "rollouts.jsonl"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Report]:
    folder = tmp_path_factory.mktemp("made")
    summary, sample = score(write_rows(folder / "in.jsonl", rows(60)), compare="video_r1")
    write_score_report(folder / "r.html", summary, sample)
    return summary, Report(folder / "r.html")


def test_tables_hold_the_summarys_numbers(made: tuple[dict[str, Any], Report]) -> None:
    summary, page = made
    rewards = {row[0]: row[1:] for row in page.tables["Rewards of each process, mean ± standard deviation"]}
    for process, parts in summary["processes"].items():
        assert rewards[process] == [
            f"{parts[part]['mean']:.3f} ± {parts[part]['std']:.3f}"
            for part in ("accuracy", "format", "length", "reward")
        ]
    types = {row[0]: row[1:] for row in page.tables["Accuracy by problem type"]}
    for one in summary["types"]:
        means = [f"{one[name]['mean']:.3f}" for name in ("perception", "accuracy")]
        assert types[one["type"]] == [f"{one['rows']:,}", *means, f"{one['unscored']:,}"]
    collapsed = {row[0]: row[1] for row in page.tables["Groups that teach nothing"]}
    assert collapsed["reasoning (GRPO)"].startswith(f"{summary['collapsed']['reasoning']:,} (")
    assert collapsed["both (PA-GRPO)"].startswith(f"{summary['collapsed']['both']:,} (")
    defects = dict(page.tables["Rollouts with a fault of form"])
    assert defects["unclosed think"].startswith(f"{summary['defects']['unclosed think']:,} (")
    assert page.facts["rollouts"][0] == "240"
    assert page.facts["reasoning reward"][0] == f"{summary['processes']['reasoning']['reward']['mean']:.3f}"


def test_health_and_dynamics_stand_there(made: tuple[dict[str, Any], Report]) -> None:
    summary, page = made
    health = summary["health"]
    lengths = {row[0]: row[1:] for row in page.tables["Lengths, in tokens"]}
    for process, one in health["length_quantiles"].items():
        assert lengths[f"{process}, all"][2] == f"{one['all']['p50']:.0f}"
        assert lengths[f"{process}, right answers"][5] == f"{one['right']['counted']:,}"
        assert lengths[f"{process}, right answers"][6] == "–".join(map(str, one["band"]))
    accuracy = page.tables["Accuracy"][1:]
    assert len(accuracy) == len(health["steps"]) == 12
    for row, step in zip(accuracy, health["steps"], strict=True):
        assert row[0] == f"{step['first']:g}"
        assert row[2] == f"{step['means']['reasoning_accuracy']:.3f}"
    leaks = {row[0]: row for row in page.tables["Leaks, repetition, cut-offs, and what they earn"]}
    assert leaks["answer leaked by the observation"][1] == f"{health['leaks']['known']:,}"
    assert page.tables["Our grades beside video_r1"][1][2] == f"{summary['comparison']['types'][0]['agree']:,}"
    cells = page.tables[f"Observation by answer, phi {health['contingency']['phi']:+.2f}"]
    assert cells[1][1] == f"{health['contingency']['sufficient_right']:,}"


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("options", [{}, {"group_size": 4}, {"compare": "recorded", "mapping": {"recorded": "step"}}])
@pytest.mark.parametrize("output", [None, "out.jsonl", "out.parquet"])
def test_rollouts_hold_the_outputs_numbers(
    tmp_path: Path, workers: int, options: dict[str, Any], output: str | None
) -> None:
    source = write_rows(tmp_path / "in.jsonl", [*rows(30), {"broken": True}, *rows(3), *([{}] * 3)])
    score_files(ScoringJob(inputs=[source], output=str(tmp_path / "truth.jsonl"), **options))
    truth = [json.loads(line) for line in (tmp_path / "truth.jsonl").read_text().splitlines()]
    _, sample = score(
        source, workers=workers, output=None if output is None else str(tmp_path / output), most=41, **options
    )
    assert 36 <= len(sample.rollouts) <= 41
    assert (sample.rows, sample.whole) == (len(truth), False)
    _, whole = score(source, most=1_000, **options)
    assert (len(whole.rollouts), whole.whole) == (len(truth), True)
    sizes = Counter(one.facts["group"] for one in whole.rollouts)
    for one in (shown.facts for shown in sample.rollouts):
        row = truth[one["n"] - 1]
        for process in ("perception", "reasoning"):
            for part in ("accuracy", "format", "length", "reward", "advantage"):
                assert one["scores"][process][part] == pytest.approx(row[f"{process}_{part}"], abs=1e-6)
        assert [reason for name, _, reason in one["why"] if name == "Grade"] == [row["grade_how"]]
        assert one["defects"] == row["defects"]
        assert one["question"] == row["problem"]
        assert one["place"].startswith(f"{source}:")
    for group, size in Counter(one.facts["group"] for one in sample.rollouts).items():
        assert size == sizes[group]  # whole groups


@pytest.mark.parametrize("form", ["in.jsonl.gz", "in.json", "in.parquet"])
def test_rollouts_of_every_kind_of_file(tmp_path: Path, form: str) -> None:
    made, path = list(rows(20)), tmp_path / form
    if form.endswith("gz"):
        path.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in made).encode()))
    elif form.endswith("json"):
        path.write_text(json.dumps(made))
    else:
        pq.write_table(pa.Table.from_pylist(made), path, row_group_size=7)
    _, sample = score(str(path), most=20)
    assert len(sample.rollouts) == 20
    for shown in sample.rollouts:
        row = made[shown.facts["n"] - 1]
        assert "".join(piece.text for piece in shown.pieces) == row["completion"]
        assert shown.facts["question"] == row["problem"]
        assert shown.facts["scores"]["perception"]["tokens"] == row["perception_tokens"]


def test_same_page_whoever_did_the_work(tmp_path: Path) -> None:
    source = write_rows(tmp_path / "in.jsonl", rows(700, 4, chars=2_500))  # several chunks
    pages = []
    for workers in (1, 2):
        summary, sample = score(source, workers=workers, most=100)
        write_score_report(tmp_path / f"{workers}.html", summary, sample)
        pages.append((tmp_path / f"{workers}.html").read_bytes())
    assert pages[0] == pages[1]


def test_page_allows_and_asks_for_nothing_else(tmp_path: Path) -> None:
    summary, sample = score(write_rows(tmp_path / "in.jsonl", hostile_rows()))
    write_score_report(tmp_path / "r.html", summary, sample)
    page = Report(tmp_path / "r.html")
    policy = next(one["content"] for tag, one in page.tags if tag == "meta" and one.get("http-equiv"))
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    script = next(text for attributes, text in page.scripts if attributes.get("type") == "module")
    for name, text in (("script", script), ("style", page.style)):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy
    assert len(page.scripts) == 2
    for tag, attributes in page.tags:
        assert tag in KNOWN.split()
        assert not [
            name for name in attributes if name.startswith("on") or name in ("style", "src", "srcset", "action")
        ]
        for name in ("href", "xlink:href"):
            assert (attributes.get(name) or "#").startswith("#")
    text = (tmp_path / "r.html").read_text()
    data = text.split('id="data">')[1].split("</script>")[0]
    assert data.isascii()
    assert not set("<>&") & set(data)
    assert not re.search(r"[\0\u202e\u2028]", text)


def test_data_stay_within_bounds_whatever_the_texts(tmp_path: Path) -> None:
    made = [{**row, "completion": "<observation>" + "<\0文" * 2_000} for row in rows(100)]
    _, sample = score(write_rows(tmp_path / "in.jsonl", [*made, *rows(20)]))
    fitted, cut = fit_rollouts(sample.rollouts, most=1_000_000)
    assert cut == 400
    assert 600_000 < len(json.dumps(fitted)) < 1_100_000
    whole, none_cut = fit_rollouts(sample.rollouts[-40:], most=MAX_DATA)
    assert none_cut == 0
    assert all("gap" not in [kind for kind, _ in one["pieces"]] for one in whole)


@pytest.mark.parametrize(
    ("lengths", "room", "limit"),
    [([], 10, 0), ([5, 5], 10, 5), ([1, 9, 9], 11, 5), ([100], 10, 10), ([3, 3], -1, 0), ([1, 2, 3], 100, 3)],
)
def test_fair_limit(lengths: list[int], room: int, limit: int) -> None:
    assert fair_limit(lengths, room) == limit


def test_a_run_with_nothing_to_draw_still_has_a_page(tmp_path: Path) -> None:
    row = {"problem": "?", "problem_type": "nonsense $x$ \ud800", "completion": "no tags", "solution": "x"}
    summary, sample = score(write_rows(tmp_path / "in.jsonl", [row]))
    write_score_report(tmp_path / "r.html", summary, sample)
    page = Report(tmp_path / "r.html")
    assert page.facts["not fully scored"][0] == "1"
    assert page.tables["A part of these rows has no score"]


def test_mismatch_and_judge_of_the_example(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from p2r_rewards.commands.score import main

    arguments = [str(EXAMPLES), "--judge", "lexical", "--extract", "--json", "--report", str(tmp_path / "r.html")]
    summary = json.loads(CliRunner().invoke(main, arguments).stdout)
    page = Report(tmp_path / "r.html")
    found = summary["mismatch"]
    row = page.tables["Think-answer mismatch of choice questions"][1]
    assert row[1:4] == [f"{found[name]}" for name in ("rows", "decided", "mismatches")]
    assert dict(page.tables["Settings"][1:])["judge: model"] == summary["judge"]["model"]
    assert page.tables["Files that were read"][1][1] == hashlib.sha256(EXAMPLES.read_bytes()).hexdigest()
    assert {why[1] for one in page.data["rows"] for why in one["why"] if why[0] == "Observation"} == VERDICTS
    assert any(one["why"] for one in page.data["rows"])
