"""What is logged: the parts of both rewards, collapsed groups, the judge; and all of it per row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from p2r_rewards.rollouts.columns import NUMBER_COLUMNS
from tests.trainers.trl import tiny

SCRIPT = {
    "mixed": [
        tiny.reply("good"),
        tiny.reply("bad", answer="A"),
        tiny.reply("dark"),
        "<observation>good</observation><think>so on…",
    ],
    "equal": [tiny.reply("good", "t" * one) for one in range(1, 5)],  # collapsed in everything
    "opposed": [tiny.reply("good", "a", "A"), tiny.reply("bad", "b", "B")] * 2,  # collapsed in the sum only
    "unsure": [tiny.reply("dark", "t", answer) for answer in "ABAB"],  # no verdict at all
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, float], pd.DataFrame, Any]:
    folder = tmp_path_factory.mktemp("logs")
    recorder = tiny.Recorder()
    trainer = tiny.ScriptedPAGRPO(
        tiny.save_model(folder / "model"),
        args=tiny.config(
            folder,
            rewards={"perception_band": [0, 4], "reasoning_band": [0, 9]},
            judge_prices=[3.0, 15.0],
            per_device_train_batch_size=16,
            max_steps=1,
            log_completions=True,
            num_completions_to_print=0,
        ),
        judge=tiny.truth,
        train_dataset=tiny.dataset(list(SCRIPT)),
        processing_class=tiny.tokenizer(),
        callbacks=[recorder],
    )
    trainer.script = SCRIPT
    trainer.train()
    table = pd.read_parquet(folder / "completions" / "completions_00001.parquet")
    return recorder.logs[0], table, trainer


def test_parts_are_logged_for_each_process(run: Any) -> None:
    logs, _, _ = run
    # 11 verdicts: 8 of 11 sufficient ("mixed" 2, "equal" 4, "opposed" 2), 5 without one.
    assert logs["perception/accuracy/mean"] == pytest.approx(8 / 11)
    assert logs["reasoning/accuracy/mean"] == pytest.approx((2 + 4 + 2 + 2) / 16)
    assert logs["perception/format/mean"] == 1.0
    assert logs["reasoning/format/mean"] == pytest.approx(15 / 16)
    assert logs["reasoning/format/std"] == pytest.approx(0.25)
    assert logs["perception/tokens/mean"] == pytest.approx((15 + 16 + 14 + 16) / 16)
    assert logs["perception/length/mean"] == pytest.approx(0.2 * 8 / 11)
    assert logs["reward"] is not None
    assert {f"{process}/{part}/std" for process in ("perception", "reasoning") for part in ("accuracy", "length")} <= {
        *logs
    }


def test_collapsed_groups_and_unscored_rows_are_shares(run: Any) -> None:
    logs, _, _ = run
    assert logs["collapsed/perception"] == 2 / 4  # "equal" and "unsure"
    assert logs["collapsed/reasoning"] == 1 / 4
    assert logs["collapsed/both"] == 1 / 4
    assert logs["collapsed/sum"] == 3 / 4
    assert logs["unscored/perception"] == pytest.approx(5 / 16)
    assert logs["unscored/reasoning"] == 0.0


def test_the_judge_is_accounted_for(run: Any) -> None:
    logs, _, _ = run
    assert logs["judge/asked"] == 16
    assert logs["judge/unscored"] == pytest.approx(5 / 16)
    assert logs["judge/seconds"] == 0.5
    assert logs["judge/tokens_read"] == 1600
    assert logs["judge/tokens_written"] == 160
    assert logs["judge/cost"] == pytest.approx((1600 * 3 + 160 * 15) / 1e6)
    assert logs["judge/waited"] >= 0.0


def test_the_completions_table_holds_all_of_it_per_row(run: Any) -> None:
    _, table, _ = run
    assert set(NUMBER_COLUMNS) <= set(table)
    assert len(table) == 16
    by_text = {(row["prompt"], row["completion"]): row for _, row in table.iterrows()}
    row = by_text["mixed", SCRIPT["mixed"][0]]
    assert (row["perception_accuracy"], row["perception_format"], row["perception_length"]) == (1.0, 1.0, 0.2)
    assert row["perception_reward"] == pytest.approx(2.2)
    assert (row["perception_tokens"], row["reasoning_tokens"]) == (4, 3)
    assert row["perception_advantage"] > 0
    assert row["judge_tokens"] == 110
    dark = by_text["mixed", SCRIPT["mixed"][2]]
    assert pd.isna(dark["perception_reward"])
    assert pd.isna(dark["sufficient"])
    assert dark["perception_advantage"] == 0.0
    assert dark["unscored"] == "perception: told by the observation"
    cut = by_text["mixed", SCRIPT["mixed"][3].rstrip("…")]
    assert cut["is_truncated"]
    assert not dark["is_truncated"]
    assert list(cut["defects"]) == ["unclosed think", "missing answer"]
    assert not by_text["equal", SCRIPT["equal"][0]]["reasoning_advantage"]


def test_a_logged_table_scores_again_the_same(run: Any, tmp_path: Path) -> None:
    """The dump of the trainer goes through the scoring pipeline and earns what training paid."""
    from p2r_rewards.rewards import reward_completion
    from p2r_rewards.trainers.trl.rows import ProblemReader

    _, table, trainer = run
    known = ProblemReader({})(tiny.dataset(["mixed"])[0])
    for _, row in table.iterrows():
        again = reward_completion(
            known.problem,
            row["completion"],
            sufficient=row["sufficient"],
            lengths=(row["perception_tokens"], row["reasoning_tokens"]),
            config=trainer._rewards,
        )
        assert row["reasoning_reward"] == pytest.approx(again.reasoning.total)
