"""Tables of runs beside the paper's numbers, in three formats."""

from __future__ import annotations

import html
import json
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.experiments.evaluation.published import BENCHMARKS, GROUPS, published_rows
from p2r_rewards.experiments.evaluation.runs import read_runs
from p2r_rewards.experiments.evaluation.table_formats import as_html, as_latex, as_markdown, save_table
from p2r_rewards.experiments.evaluation.tables import build_table
from tests.experiments.evaluation.scored import score_outputs
from tests.experiments.evaluation.test_answers import GOLDS

HOSTILE = (
    "|a|\n# b [x](https://evil.invalid) <script>alert(1)</script> \\input{/etc/passwd} $x$ %& `c` "
    "www.evil.invalid \u202e"
)


def run(folder: Path, model: str = "mine", outputs: list[str | None] | None = None, **options: Any) -> str:
    score_outputs(folder, "video-mme", outputs or [*GOLDS[:9], "A", "A", "A"], model=model, **options)
    return str(folder / "run")


def test_the_papers_numbers_are_those_of_its_tables() -> None:
    counts = {group: len(published_rows(group)) for group in GROUPS}
    assert counts == {"main": 10, "ablations": 8, "judges": 4, "examination": 5}
    for group in GROUPS:
        for row in published_rows(group):
            # Printed means are rounded from unrounded scores.
            assert sum(row.scores.values()) / len(BENCHMARKS) == pytest.approx(row.mean, abs=0.11), row.model


def test_measured_rows_stand_above_the_papers(tmp_path: Path) -> None:
    table = build_table(read_runs([run(tmp_path)]))
    assert (table.rows[0].model, table.rows[0].published) == ("mine", False)
    cell = table.rows[0].cells[BENCHMARKS.index("video-mme")]
    assert cell is not None
    assert cell.value == pytest.approx(75)
    assert cell.low == pytest.approx(46.77, abs=0.01)
    assert cell.high == pytest.approx(91.11, abs=0.01)
    assert table.rows[0].cells[-1] is None  # no mean of one benchmark
    assert table.rows[-1].model == "VideoP2R 7B"
    assert len(build_table(read_runs([str(tmp_path / "run")]), beside=None).rows) == 1


def test_a_run_that_is_not_complete_is_marked(tmp_path: Path) -> None:
    text = as_markdown(build_table(read_runs([run(tmp_path, outputs=[None, *GOLDS[1:]])])))
    assert "1 of 12 questions unanswered, left out" in text
    assert "100.0 [74.1, 100.0]<sup>1</sup>" in text


def test_video_r1s_files_fill_the_columns_of_their_benchmarks(tmp_path: Path) -> None:
    from tests.experiments.evaluation.test_video_r1_eval import OUTPUTS

    score_outputs(tmp_path, "video-r1-eval", OUTPUTS, prompt=None, model="mine")
    [row] = build_table(read_runs([str(tmp_path / "run")]), rule="official", beside=None).rows
    values = {name: cell and cell.value for name, cell in zip(BENCHMARKS, row.cells, strict=False)}
    assert values["vsi-bench"] == pytest.approx(50)
    assert values["videommmu"] == pytest.approx(200 / 3)
    assert values["vcr-bench"] is None


def test_two_runs_of_one_model_on_one_benchmark_are_refused(tmp_path: Path) -> None:
    first, second = run(tmp_path / "a"), run(tmp_path / "b")
    with pytest.raises(DataError, match="--model NAME"):
        read_runs([first, second])


@pytest.mark.parametrize("change", [{"schema": 9}, {"benchmark": "x"}, {"rules": {}}, {"failed": "many"}])
def test_files_that_are_no_scores_are_refused(tmp_path: Path, change: dict[str, object]) -> None:
    path = Path(run(tmp_path)) / "scores.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(DataError, match=r"scores\.json"):
        read_runs([str(path)])
    with pytest.raises(DataError, match="holds no"):
        read_runs([str(tmp_path / "data")])


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_a_hostile_name_is_text_in_html(tmp_path: Path) -> None:
    text = as_html(build_table(read_runs([run(tmp_path, HOSTILE)])))
    parser = Tags()
    parser.feed(text)
    assert not parser.tags & {"script", "a", "img", "link", "iframe"}
    assert any("<script>alert(1)</script>" in one for one in parser.texts)
    assert "\u202e" not in text
    assert "default-src 'none'" in text


def test_a_hostile_name_stays_in_its_cell_of_markdown(tmp_path: Path) -> None:
    text = as_markdown(build_table(read_runs([run(tmp_path, HOSTILE)])))
    page = MarkdownIt("commonmark").enable("table").render(text)
    parser = Tags()
    parser.feed(page)
    assert not parser.tags & {"script", "a", "img", "code"}
    [row] = [part for part in page.split("<tr>") if "alert" in part]
    assert row.count("<td") == len(BENCHMARKS) + 2
    assert "|a| # b [x](https://evil.invalid) <script>" in html.unescape(row)
    assert "www\\." in text  # GitHub makes links of bare addresses


def test_a_hostile_name_is_no_command_in_latex(tmp_path: Path) -> None:
    text = as_latex(build_table(read_runs([run(tmp_path, HOSTILE)])))
    [line] = [line for line in text.splitlines() if "alert" in line]
    assert "\\input" not in line
    assert "\\textbackslash{}input\\{" in line
    assert line.count("&") - line.count("\\&") == len(BENCHMARKS) + 1
    assert "\\%" in line


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no LaTeX here")
def test_latex_takes_the_table(tmp_path: Path) -> None:
    table = as_latex(build_table(read_runs([run(tmp_path, HOSTILE)])))
    (tmp_path / "x.tex").write_text(
        f"\\documentclass{{article}}\\usepackage[T1]{{fontenc}}\\usepackage{{booktabs}}\\begin{{document}}{table}\\end{{document}}"
    )
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "x.tex"], cwd=tmp_path, check=False
    )
    assert done.returncode == 0


def test_a_file_says_its_format_by_its_name(tmp_path: Path) -> None:
    table = build_table(read_runs([run(tmp_path)]))
    for name, opening in (("t.md", "**Scores"), ("t.tex", "\\begin{table}"), ("t.html", "<!doctype html>")):
        save_table(table, tmp_path / name)
        assert (tmp_path / name).read_text(encoding="utf-8").startswith(opening)
    with pytest.raises(ConfigError, match=r"\.md, \.tex, \.html"):
        save_table(table, tmp_path / "t.pdf")
