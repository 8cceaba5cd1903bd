"""The page in a real browser, from the file system."""

import itertools
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from p2r_rewards.experiments.report.pieces import MAX_CHARS
from p2r_rewards.experiments.report.score_report import write_score_report
from p2r_rewards.experiments.report.visible import UNSEEN
from tests.experiments.report.made_runs import HOSTILE, hostile_rows, rows, score, write_rows

WRITTEN_OUT = re.compile(r"U\+[0-9A-F]{4}")
MAX_BYTES = 8_000_000


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    summary, sample = score(write_rows(folder / "in.jsonl", rows(60)), compare="video_r1")
    write_score_report(folder / "report.html", summary, sample)
    return folder / "report.html"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    summary, sample = score(write_rows(folder / "in.jsonl", hostile_rows()))
    write_score_report(folder / "report.html", summary, sample)
    return folder / "report.html"


Open = Callable[..., Any]


def found(opened: Any) -> int:
    opened.page.wait_for_timeout(200)
    text = opened.page.inner_text("#count")
    return int(re.search(r"[\d,]+", text)[0].replace(",", ""))


def chosen(opened: Any) -> str:
    return opened.page.inner_text("#detail h3")


def test_opens_without_a_sound(open_page: Open, report: Path) -> None:
    opened = open_page(report)
    assert opened.page.inner_text("#count") == "All 240 rollouts"
    assert chosen(opened) == "Rollout 1"
    opened.check_quiet()


def test_filters(open_page: Open, report: Path) -> None:
    opened = open_page(report)
    page = opened.page
    page.fill("[name=text]", "CUP 17-2")
    assert found(opened) == 1
    assert chosen(opened) == "Rollout 71"
    page.fill("[name=text]", "no such text")
    assert found(opened) == 0
    page.click("[type=reset]")
    assert found(opened) == 240
    page.select_option("[name=type]", "multiple choice")
    assert found(opened) == 80
    page.select_option("[name=defect]", "unclosed think")
    assert found(opened) == 20
    page.click("[type=reset]")
    page.fill("[name=group]", "7")
    assert found(opened) == 4
    assert opened.texts("#list .group strong") == ["Group 7 "] or opened.texts("#list .group strong") == ["Group 7"]
    page.click("[type=reset]")
    page.fill("[name=low]", "1.5")
    right = found(opened)
    page.fill("[name=low]", "")
    page.select_option("[name=only]", "full score")
    assert found(opened) == 120
    assert right == 120
    page.select_option("[name=process]", "perception")
    page.fill("[name=high]", "0.5")
    assert found(opened) == 0
    opened.check_quiet()


def test_keyboard_alone(open_page: Open, report: Path) -> None:
    opened = open_page(report)
    keys = opened.page.keyboard
    keys.press("j")
    assert chosen(opened) == "Rollout 2"
    keys.press("k")
    keys.press("]")
    assert chosen(opened) == "Rollout 5"
    keys.press("[")
    assert chosen(opened) == "Rollout 1"
    keys.press("/")
    keys.type("Question 3:")
    assert found(opened) == 4
    assert chosen(opened) == "Rollout 13"
    keys.press("j")  # is typed
    assert opened.page.input_value("[name=text]") == "Question 3:j"
    keys.press("Backspace")
    assert found(opened) == 4
    keys.press("Escape")
    keys.press("j")
    assert chosen(opened) == "Rollout 14"
    opened.page.uncheck("[name=keys]")
    keys.press("j")
    assert chosen(opened) == "Rollout 14"
    opened.check_quiet()


def test_every_control_can_be_reached_and_is_named(open_page: Open, report: Path) -> None:
    opened = open_page(report)
    page = opened.page
    names = page.evaluate(
        """() => [...document.querySelectorAll('button, input, select, a, summary, [tabindex="0"]')]
            .map((one) => one.getAttribute('aria-label') || one.textContent.trim() ||
                          one.closest('label')?.textContent.trim())"""
    )
    assert all(names)
    for _ in range(400):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('#list li') !== null"):
            break
    else:
        pytest.fail("the list of rollouts can't be reached by Tab")
    page.keyboard.press("ArrowDown")
    assert chosen(opened) == "Rollout 2"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert chosen(opened) == "Rollout 3"
    assert page.evaluate("document.activeElement.id") in ("detail", "")


def test_landmarks_headings_captions_and_plots_are_there(open_page: Open, report: Path) -> None:
    page = open_page(report).page
    assert page.locator("main").count() == page.locator("h1").count() == page.locator("header").count() == 1
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map((one) => Number(one.tagName[1]))")
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert page.locator("table:not(:has(caption))").count() == 0
    assert page.locator("section:not([aria-labelledby])").count() == 0
    plots = page.locator("figure").count()
    assert plots >= 10
    assert page.locator("figure svg[role=img][aria-label]").count() == plots
    assert page.locator("figure details p").count() == plots
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((one) => one.id)")
    assert len(ids) == len(set(ids))
    missing = page.evaluate(
        "[...document.querySelectorAll('a[href^=\"#\"]')].filter((one) => !document.querySelector(one.hash)).length"
    )
    assert missing == 0


def test_segments_stand_as_parsed(open_page: Open, report: Path) -> None:
    opened = open_page(report)
    opened.page.keyboard.press("j")
    shown = opened.page.evaluate(
        """() => [...document.querySelector('.completion').children]
            .map((one) => [one.localName === 'mark' ? 'graded' : one.classList[1], one.textContent])"""
    )
    assert shown == [
        ["tag", "<observation>"],
        ["observation", "Cup 0-1. " + "x" * 80],
        ["tag", "</observation>"],
        ["space", " "],
        ["tag", "<think>"],
        ["think", "I count to 1."],
        ["tag", "</think><answer>"],
        ["graded", "C"],
        ["tag", "</answer>"],
    ]
    detail = opened.page.inner_text("#detail")
    for text in ("option C; gold is B", "sufficient", "Question 0: how many cups?", "B. two"):
        assert text in detail


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_follow_the_system_and_the_button(open_page: Open, report: Path, scheme: str) -> None:
    page = open_page(report, scheme=scheme).page
    paper = "getComputedStyle(document.body).backgroundColor"
    before = page.evaluate(paper)
    assert (page.get_attribute("#theme", "aria-pressed") == "true") == (scheme == "dark")
    page.click("#theme")
    assert page.evaluate(paper) != before
    page.click("#theme")
    assert page.evaluate(paper) == before


@pytest.mark.parametrize("width", [320, 390, 768, 1200])
@pytest.mark.parametrize("name", ["report", "hostile"])
def test_page_never_scrolls_sideways(open_page: Open, width: int, name: str, request: pytest.FixtureRequest) -> None:
    page = open_page(request.getfixturevalue(name), width=width).page
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_hostile_text_is_text(open_page: Open, hostile: Path) -> None:
    opened = open_page(hostile)
    page = opened.page
    for number, (name, text) in enumerate(HOSTILE.items(), 1):
        page.keyboard.press("]") if number > 1 else None
        assert chosen(opened) == f"Rollout {number}"
        pieces = page.locator(".completion .observation")
        shown = "".join(pieces.evaluate_all("(all) => all.map((one) => one.textContent)"))
        if name == "million":
            assert shown.startswith("long long")
            assert "characters left out" in page.inner_text(".completion")
            assert len(page.inner_text(".completion")) < MAX_CHARS + 1_000
        else:
            assert WRITTEN_OUT.sub("", shown) == UNSEEN.sub("", text)
        if name in ("right to left", "nul", "lines", "surrogates"):
            assert page.locator(".completion .unseen").count()
    for kind in page.locator("[name=type] option").all():
        page.select_option("[name=type]", kind.get_attribute("value"))
    page.wait_for_timeout(200)
    assert page.locator("img, iframe, object, embed, svg script, #detail script").count() == 0
    assert page.locator("script").count() == 2
    opened.check_quiet()


@pytest.fixture
def asked() -> Iterator[tuple[str, list[str]]]:
    """The address of a server, and what it was asked for."""
    paths: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", paths
        server.shutdown()


def test_policy_holds(open_page: Open, report: Path, asked: tuple[str, list[str]]) -> None:
    """What a hole in the page could do does nothing: scripts, styles, markup, images, requests."""
    url, paths = asked
    opened = open_page(report)
    page = opened.page
    tried = page.evaluate(
        """async (url) => {
            const errors = [];
            for (const [name, text] of [["script", "window.trapped = 1"], ["style", "body { display: none }"]]) {
                const one = document.createElement(name);
                one.append(document.createTextNode(text));
                try { document.body.append(one); } catch (error) { errors.push(name); }
            }
            try { setTimeout("window.trapped = 2"); } catch { errors.push("code"); }
            try { document.body.innerHTML = "<b>x</b>"; } catch { errors.push("markup"); }
            try { await fetch(url + "fetched"); } catch { errors.push("fetch"); }
            const image = new Image();
            await new Promise((done) => { image.onload = image.onerror = done; image.src = url + "image"; });
            return errors;
        }""",
        url,
    )
    page.wait_for_timeout(100)
    assert {"markup", "fetch"} <= set(tried)
    assert paths == []
    assert page.evaluate("window.trapped") is None
    assert page.evaluate("getComputedStyle(document.body).display") == "block"
    assert any("Content Security Policy" in line for line in opened.noise)


def test_a_hundred_thousand_rollouts(open_page: Open, tmp_path: Path) -> None:
    source = write_rows(tmp_path / "in.jsonl", rows(25_000, chars=300))
    summary, sample = score(source, workers=2)
    write_score_report(tmp_path / "report.html", summary, sample)
    assert summary["rows"] == 100_000
    assert len(sample.rollouts) == 2_000
    assert (tmp_path / "report.html").stat().st_size < MAX_BYTES
    opened = open_page(tmp_path / "report.html")
    assert opened.page.inner_text("#count") == "All 2,000 rollouts"
    assert "2,000 of 100,000 rollouts: whole groups, drawn with equal chances" in opened.page.inner_text("#browse")
    assert "100,000" in opened.page.inner_text("#overview")
    opened.page.fill("[name=text]", "cup")
    assert found(opened) == 2_000
    assert opened.page.locator("#list li").count() == 200  # the others come when asked for
    opened.page.click(".more")
    assert opened.page.locator("#list li").count() == 400
    opened.check_quiet()


def test_without_javascript_all_but_the_browser_is_there(open_page: Open, report: Path) -> None:
    page = open_page(report, java_script_enabled=False).page
    assert "takes JavaScript" in page.inner_text("#browse")
    assert page.locator("figure svg").first.is_visible()
