import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from p2r_rewards.commands.evaluate import main
from p2r_rewards.experiments.report.evaluation_report import RULES
from tests.experiments.benchmarks.made_layouts import make_video_mme
from tests.experiments.evaluation.scored import keys_of, write_answers
from tests.experiments.report.made_runs import HOSTILE
from tests.experiments.report.reading import Report


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("evaluation")
    root = make_video_mme(folder / "data", clips=False)
    texts = [f"<think>{text}</think><answer>C</answer>" for text in HOSTILE.values()]
    outputs: dict[str, str | None] = dict(zip(keys_of(root), texts[:10], strict=False))
    write_answers(folder / "answers.jsonl", outputs, prompt="direct")
    for verdicts in ("jsonl", "parquet"):
        arguments = [str(folder / "answers.jsonl"), "--data", str(folder / "data"), "-o", str(folder / verdicts)]
        page = ["--verdicts", verdicts, "--quiet", "--report", str(folder / f"{verdicts}.html")]
        done = CliRunner().invoke(main, ["score", *arguments, *page])
        assert done.exit_code == 0, done.output
    return folder


@pytest.mark.parametrize("verdicts", ["jsonl", "parquet"])
def test_page_holds_the_scores(folder: Path, verdicts: str) -> None:
    record: dict[str, Any] = json.loads((folder / verdicts / "scores.json").read_text())
    report = Report(folder / f"{verdicts}.html")
    shown = report.tables["Scores by each rule"][1:]
    expected = [
        (title, one["name"], f"{one['value']:.1%}", f"{one['count']:,}")
        for rule, title in RULES.items()
        for one in record["rules"][rule]["measures"]
    ]
    assert [(row[0], row[1], row[2], row[4]) for row in shown] == expected
    for name, cells in record["rules"]["official"]["by"].items():
        rows = {row[0]: row for row in report.tables[f"By {name}"][1:]}
        for one in cells:
            assert rows[one["name"]][2] == ("–" if one["value"] is None else f"{one['value']:.1%}")
    answers = report.data["rows"]
    assert len(answers) == record["questions"] == 12
    assert sum("missing" in one["flags"] for one in answers) == record["missing"] == 2


def test_page_is_quiet(folder: Path, open_page: Any) -> None:
    opened = open_page(folder / "jsonl.html", width=390)
    assert opened.page.inner_text("#count") == "All 12 answers"
    for number in range(1, 11):
        assert opened.page.inner_text("#detail h3") == f"Answer {number}"
        opened.page.keyboard.press("j")
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 390
    opened.check_quiet()
