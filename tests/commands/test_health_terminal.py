import io
from collections.abc import Iterable

from rich.console import Console, RenderableType

from p2r_rewards.commands.health_terminal import comparison_blocks, health_blocks
from p2r_rewards.scores import Score
from p2r_rewards.scoring.compare import Comparison
from p2r_rewards.scoring.health import Health
from tests.scoring.health_columns import DEFECTS, healthy


def shown(blocks: Iterable[RenderableType]) -> str:
    console = Console(file=io.StringIO(), width=80, highlight=False)
    for block in blocks:
        console.print(block)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    assert all(len(line) <= 80 for line in text.splitlines())
    return text


def examined(rows: int, *, hard: bool = False) -> str:
    columns = healthy(rows)
    if hard:
        columns["reasoning_accuracy"][:] = 0.0
        columns["leak"][::3] = 1
    health = Health(DEFECTS)
    health.add(columns)
    return shown(health_blocks(health.result()))


def test_health() -> None:
    text = examined(4_000, hard=True)
    for part in ("! 100% of prompts are answered all wrong", "Pass rate of prompts", "answer leaked", "Over steps"):
        assert part in text
    assert "!" not in examined(4_000)
    assert examined(1).count("\n") < 60


def test_nothing_to_say() -> None:
    assert examined(0) == ""
    assert shown(comparison_blocks(Comparison().describe(), name="video_r1")) == ""


def test_comparison_shows_both_sides_without_markup_and_control_characters() -> None:
    comparison = Comparison()
    nasty = "\x1b[31m[bold]red[/bold]\u202e" + "x" * 300
    comparison.add(nasty, Score(1.0, nasty), Score(0.0, "not the string"), nasty, 7, nasty, nasty)
    text = shown(comparison_blocks(comparison.describe(), name="video_r1"))
    for part in (
        "Compared with video_r1: 0 of 1 row agree (0.0%)",
        "ours higher, 1 row",
        "not the string",
        "[bold]red",
    ):
        assert part in " ".join(text.split())
    assert not {"\x1b", "\u202e"} & set(text)


def test_agreement_is_one_line_and_other_scales_are_named() -> None:
    comparison = Comparison()
    comparison.add("math", Score(1.0, "a"), 1.0, "a", 1, "a", "a")
    assert shown(comparison_blocks(comparison.describe(), name="score")) == (
        "Compared with score: 1 of 1 row agree (100.0%)\n"
    )
    comparison.add("math", Score(1.0, "a"), 2.2, "a", 2, "a", "a")
    assert "score runs from 1 to 2.2, so it is no accuracy in [0, 1]" in shown(
        comparison_blocks(comparison.describe(), name="score")
    )
