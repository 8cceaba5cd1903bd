import gc
import io
import json
import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from p2r_rewards import Problem, RewardConfig, pa_grpo_advantages, reward_group
from p2r_rewards.errors import ConfigError, DataError
from p2r_rewards.lengths import dynamic_band
from p2r_rewards.rollouts import ADDED_COLUMNS
from p2r_rewards.rollouts.columns import CollisionError
from p2r_rewards.scoring import ScoringJob, score_files

EXAMPLES = Path(__file__).parents[2] / "examples" / "rollouts.jsonl"
ROW: dict[str, Any] = {
    "problem": "How many?",
    "problem_type": "numerical",
    "solution": "2",
    "completion": "<observation>Two cups.</observation><think>Two.</think><answer>2</answer>",
    "sufficient": True,
    "perception_tokens": 150,
    "reasoning_tokens": 20,
}


def write(path: Path, rows: list[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def score(tmp_path: Path, rows: list[dict[str, Any]], **options: Any) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    source = write(tmp_path / "in.jsonl", rows)
    output = tmp_path / "out.jsonl"
    summary = score_files(ScoringJob(inputs=[source], output=str(output), **options))
    return lines(output), summary


@pytest.mark.parametrize(
    "config",
    [
        RewardConfig(),
        RewardConfig(length="dynamic", length_unit="words", perception_band=(5, 9), reasoning_band=(5, 9)),
        RewardConfig(length="off", leak_guard=True),
        RewardConfig(processes="summed", length_bonus=0.3),
        RewardConfig(mode="paper", consistency_weight=0.25),
    ],
    ids=["default", "dynamic", "off", "summed", "paper"],
)
def test_numbers_are_those_of_the_library(tmp_path: Path, config: RewardConfig) -> None:
    rows = lines(EXAMPLES)
    for number, row in enumerate(rows):  # counts of both, of one and of none
        row["perception_tokens"] = row["perception_tokens"] if number % 3 else None
        row["reasoning_tokens"] = row["reasoning_tokens"] if number % 5 else None
    order = np.random.default_rng(0).permutation(len(rows)).tolist()  # groups are scattered over the file
    scored, _ = score(tmp_path, [rows[index] for index in order], config=config)
    scored = [scored[order.index(index)] for index in range(len(rows))]

    perception: list[float | None] = []
    reasoning: list[float | None] = []
    ids = [row["problem_id"] for row in rows]
    for one in dict.fromkeys(ids):
        group = [row for row in rows if row["problem_id"] == one]
        problem = Problem(
            group[0]["problem"],
            gold=group[0]["solution"],
            type=group[0]["problem_type"],
            options=group[0]["options"],
        )
        rewards = reward_group(
            problem,
            [row["completion"] for row in group],
            sufficient=[row["sufficient"] for row in group],
            lengths=[(row["perception_tokens"], row["reasoning_tokens"]) for row in group],
            config=config,
        )
        for reward, row in zip(rewards, [r for r in scored if r["problem_id"] == one], strict=True):
            assert reward.perception is not None
            both = (reward.perception, reward.reasoning)
            for name, own in zip(("perception", "reasoning"), both, strict=True):
                parts = (own.accuracy, own.format, own.length, own.total)
                assert parts == tuple(row[f"{name}_{part}"] for part in ("accuracy", "format", "length", "reward"))
            assert (row["unscored"] is None) == (config.length == "off" or None not in (own.length for own in both))
            assert row["defects"] == [str(defect) for defect in reward.completion.defects]
            perception.append(reward.perception.total)
            reasoning.append(reward.reasoning.total)
    advantages = pa_grpo_advantages(perception, reasoning, ids, processes=config.processes)
    for name in ("perception", "reasoning"):
        # sums in another order differ in the last digit
        assert [row[f"{name}_advantage"] for row in scored] == pytest.approx(getattr(advantages, name), abs=1e-12)


def test_example_is_complete(tmp_path: Path) -> None:
    scored, summary = score(tmp_path, lines(EXAMPLES))
    assert summary["unscored_rows"] == summary["rejects"] == 0
    assert not summary["notes"]
    assert {one["type"] for one in summary["types"]} == {
        "multiple choice",
        "numerical",
        "OCR",
        "free-form",
        "regression",
        "math",
        "multi-select",
        "temporal",
    }
    assert all(row[name] is not None for row in scored for name in ADDED_COLUMNS if name != "unscored")


def test_added_columns_follow_the_input_in_order(tmp_path: Path) -> None:
    scored, _ = score(tmp_path, [ROW, {"z": 1, **ROW, "a": {"b": [1.50, "中"]}}])
    assert list(scored[0]) == [*ROW, *ADDED_COLUMNS]
    assert list(scored[1]) == ["z", *ROW, "a", *ADDED_COLUMNS]


def test_json_lines_keep_the_very_text_of_rows(tmp_path: Path) -> None:
    text = json.dumps(ROW)[:-1] + ', "id": 123456789012345678901234, "x": 1.50e1, "y" : "\\u4e2d" }'
    (tmp_path / "in.jsonl").write_text(text + "\n")
    score_files(ScoringJob(inputs=[str(tmp_path / "in.jsonl")], output=str(tmp_path / "out.jsonl")))
    assert (tmp_path / "out.jsonl").read_text().startswith(text[:-1])
    assert lines(tmp_path / "out.jsonl")[0]["id"] == 123456789012345678901234


def test_round_trip_through_parquet_keeps_columns(tmp_path: Path) -> None:
    rows = [{**row, "extra": {"n": number, "s": ["a"]}} for number, row in enumerate(lines(EXAMPLES))]
    first, second, third = (tmp_path / name for name in ("1.parquet", "2.parquet", "3.jsonl"))
    score_files(ScoringJob(inputs=[write(tmp_path / "in.jsonl", rows)], output=str(first)))
    score_files(ScoringJob(inputs=[str(first)], output=str(second), overwrite_columns=True))
    score_files(ScoringJob(inputs=[str(second)], output=str(third), overwrite_columns=True))
    direct, _ = score(tmp_path, rows)
    assert lines(third) == direct
    assert pq.read_table(first).equals(pq.read_table(second))


def test_parquet_keeps_schema_and_metadata(tmp_path: Path) -> None:
    schema = pa.schema(
        [
            pa.field("completion", pa.large_string(), nullable=False),
            ("problem", pa.dictionary(pa.int8(), pa.string())),
            ("when", pa.timestamp("ms")),
            ("image", pa.binary()),
            ("n", pa.int16()),
            ("gold", pa.float32()),
            ("problem_type", pa.string()),
        ],
        metadata={"huggingface": "{}"},
    )
    columns = [[ROW["completion"]] * 2, ["q", "q"], [0, None], [b"\xff\0", None], [1, 2], [2.0, 3.0], ["numerical"] * 2]
    arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    pq.write_table(pa.table(arrays, schema=schema), tmp_path / "in.parquet")
    score_files(ScoringJob(inputs=[str(tmp_path / "in.parquet")], output=str(tmp_path / "out.parquet")))
    table = pq.read_table(tmp_path / "out.parquet")
    assert table.schema.names == [*schema.names, *ADDED_COLUMNS]
    assert pa.schema([table.schema.field(name) for name in schema.names]) == pa.schema(list(schema))
    assert table.schema.metadata[b"huggingface"] == b"{}"
    assert table.select(schema.names).to_pylist() == pq.read_table(tmp_path / "in.parquet").to_pylist()
    assert table["reasoning_accuracy"].to_pylist() == [1.0, 0.0]
    assert table["perception_reward"].null_count == 2
    # and as JSON Lines: bytes become base64, times become text, and it is said
    summary = score_files(ScoringJob(inputs=[str(tmp_path / "in.parquet")], output=str(tmp_path / "out.jsonl")))
    assert lines(tmp_path / "out.jsonl")[0]["image"] == "/wA="
    assert any("can't hold" in note for note in summary["notes"])


def test_mixed_values_are_written_to_parquet_as_text(tmp_path: Path) -> None:
    rows = [{**ROW, "mixed": 1, "big": 2**70, "empty": {}, "odd": "\ud800"}, {**ROW, "mixed": [1], "late": 1.5}]
    source = write(tmp_path / "in.jsonl", rows)
    summary = score_files(ScoringJob(inputs=[source], output=str(tmp_path / "out.parquet")))
    one, two = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert (one["mixed"], two["mixed"], one["big"], one["empty"]) == ("1", "[1]", str(2**70), "{}")
    assert (one["odd"], one["late"], two["late"], two["odd"]) == ("\\ud800", None, 1.5, None)
    assert any("mixed, big, empty" in note for note in summary["notes"])
    assert any(note.startswith("1 values") for note in summary["notes"])


def test_nested_integers_that_floats_cannot_hold_are_written_as_text(tmp_path: Path) -> None:
    big = 2**53 + 1
    rows = [{**ROW, "x": {"a": [big]}, "y": [{"b": 1}]}] * 1500 + [{**ROW, "x": {"a": [0.5]}, "y": [{"b": 0.5}]}] * 2
    source = write(tmp_path / "in.jsonl", rows)
    score_files(ScoringJob(inputs=[source], output=str(tmp_path / "out.parquet")))
    table = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert (table[0]["x"], table[-1]["x"]) == (f'{{"a":[{big}]}}', '{"a":[0.5]}')
    assert (table[0]["y"], table[-1]["y"]) == ([{"b": 1.0}], [{"b": 0.5}])


def test_two_columns_of_one_name_are_refused_whatever_the_output(tmp_path: Path) -> None:
    names = [*ROW, "problem"]
    table = pa.Table.from_arrays([pa.array([value]) for value in [*ROW.values(), "x"]], names=names)
    pq.write_table(table, tmp_path / "in.parquet")
    for output in (None, str(tmp_path / "o.jsonl"), str(tmp_path / "o.parquet")):
        with pytest.raises(DataError, match="has two columns of one name, 'problem'; rename one"):
            score_files(ScoringJob(inputs=[str(tmp_path / "in.parquet")], output=output))


def test_times_of_parquet_beside_json(tmp_path: Path) -> None:
    rows = pa.Table.from_pylist([ROW]).append_column("when", pa.array([1000], pa.timestamp("ns")))
    pq.write_table(rows, tmp_path / "in.parquet")
    source = write(tmp_path / "in.jsonl", [ROW])
    for name in ("o.jsonl", "o.parquet"):
        output = tmp_path / "out" / name
        output.parent.mkdir(exist_ok=True)
        score_files(ScoringJob(inputs=[str(tmp_path / "in.parquet"), source], output=str(output)))
    assert lines(tmp_path / "out" / "o.jsonl")[0]["when"] == "1970-01-01T00:00:00.000001"
    assert pq.read_table(tmp_path / "out" / "o.parquet")["when"].to_pylist() == ["1970-01-01T00:00:00.000001", None]


def test_nan_stays_in_parquet_and_becomes_text_in_json(tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", [{**ROW, "x": math.nan}, {**ROW, "x": 1.0}])
    score_files(ScoringJob(inputs=[source], output=str(tmp_path / "out.parquet")))
    assert math.isnan(pq.read_table(tmp_path / "out.parquet")["x"][0].as_py())
    scored, _ = score(tmp_path, [{**ROW, "x": math.nan}])
    assert scored[0]["x"] == "NaN"


def test_several_inputs_of_different_formats(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist([ROW]), tmp_path / "b.parquet")
    (tmp_path / "a.json").write_text(json.dumps([{**ROW, "completion": "<answer>3</answer>"}]))
    for name in ("o.jsonl", "o.parquet"):
        output = tmp_path / "out" / name
        output.parent.mkdir(exist_ok=True)
        inputs = [str(tmp_path / "a.json"), str(tmp_path / "b.parquet")]
        assert score_files(ScoringJob(inputs=inputs, output=str(output)))["groups"] == 1
    assert [row["reasoning_accuracy"] for row in lines(tmp_path / "out" / "o.jsonl")] == [0.0, 1.0]
    assert pq.read_table(tmp_path / "out" / "o.parquet")["reasoning_accuracy"].to_pylist() == [0.0, 1.0]


def test_parquet_files_of_different_types_are_refused(tmp_path: Path) -> None:
    for name, value in (("a", 1), ("b", "x")):
        pq.write_table(pa.Table.from_pylist([{**ROW, "n": value}]), tmp_path / f"{name}.parquet")
    with pytest.raises(DataError, match="score them apart"):
        score_files(ScoringJob(inputs=[str(tmp_path)], output=str(tmp_path / "out.parquet")))


@pytest.mark.parametrize(
    ("changes", "unscored"),
    [
        ({}, None),
        ({"problem_type": "haiku"}, "reasoning: unknown problem type 'haiku'"),
        ({"problem_type": None}, "reasoning: problem type is missing"),
        ({"solution": None}, "reasoning: gold is missing"),
        ({"solution": "many"}, "reasoning: gold 'many' is not a number"),
        ({"problem_type": "mc", "solution": "a dog"}, "reasoning: options are missing"),
        ({"problem_type": "mc", "options": "A or B"}, "reasoning: options 'A or B' are not"),
        ({"options": "N/A"}, None),  # numbers need none
        ({"problem": None}, "advantages: no group id, question"),
        ({"sufficient": None}, "perception: no verdict"),
        ({"perception_tokens": None}, "perception length: no token count"),
        ({"reasoning_tokens": "ten"}, "reasoning length: 'ten' is no token count"),
        ({"sufficient": "maybe"}, "perception: verdict 'maybe' is not yes or no"),
    ],
)
def test_fates_of_rows(tmp_path: Path, changes: dict[str, Any], unscored: str | None) -> None:
    (row, _), summary = score(tmp_path, [{**ROW, **changes}, {**ROW, "problem": "Another?"}])
    assert summary["rows"] == 2
    assert summary["unscored_rows"] == (unscored is not None)
    assert (row["unscored"] or "").startswith(unscored or "")
    assert (row["unscored"] is None) == (unscored is None)
    assert (row["reasoning_accuracy"] is None) == (unscored is not None and unscored.startswith("reasoning:"))
    assert (row["grade_how"] is None) == (row["reasoning_accuracy"] is None)
    assert (row["perception_reward"] is None) == (unscored is not None and unscored.startswith("perception:"))
    for name in ("perception", "reasoning"):  # a missing count leaves the other process's length alone
        missing = unscored is not None and unscored.startswith((f"{name}:", f"{name} length:"))
        assert (row[f"{name}_length"] is None) == missing
    assert (row["reasoning_advantage"] is None) == (unscored is not None and unscored.startswith("advantages"))


def test_unreadable_rows_go_to_the_rejects(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_bytes(
        json.dumps(ROW).encode() + b'\n{"cut": \n' + json.dumps({"problem": "no text"}).encode() + b"\n\xff\xfe\n"
    )
    output = tmp_path / "out.jsonl"
    job = ScoringJob(inputs=[str(tmp_path / "in.jsonl")], output=str(output))
    summary = score_files(job)
    rejects = lines(tmp_path / "out.jsonl.rejects.jsonl")
    assert [reject["line"] for reject in rejects] == [2, 3, 4]
    assert summary["rejects"] == len(rejects) == 3
    assert "no column holds a completion; the row has problem" in rejects[1]["reason"]
    assert rejects[2]["raw"] == "\\xff\\xfe"
    # the next run has none, and leaves no old file beside its output
    write(tmp_path / "in.jsonl", [ROW])
    score_files(job)
    assert not (tmp_path / "out.jsonl.rejects.jsonl").exists()


def test_nothing_to_score_is_an_error_and_leaves_no_file(tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", [{"a": 1}])
    with pytest.raises(DataError, match=r"no row holds a rollout; first .*in.jsonl, line 1: no column holds"):
        score_files(ScoringJob(inputs=[source], output=str(tmp_path / "out.jsonl")))
    assert os.listdir(tmp_path) == ["in.jsonl"]


def test_collision_in_a_late_row_leaves_no_file(tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", [*[ROW] * 3000, {**ROW, "defects": [], "unscored": None}])
    with pytest.raises(CollisionError, match="row 3001: the input has unscored, defects already"):
        score_files(ScoringJob(inputs=[source], output=str(tmp_path / "out.jsonl")))
    assert os.listdir(tmp_path) == ["in.jsonl"]
    assert score_files(ScoringJob(inputs=[source]))["rows"] == 3001  # nothing is written, so nothing collides


def test_overwritten_columns_move_to_the_end(tmp_path: Path) -> None:
    (row,), _ = score(tmp_path, [{"defects": "old", **ROW}], overwrite_columns=True)
    assert list(row) == [*ROW, *ADDED_COLUMNS]
    assert row["defects"] == []


def test_group_size(tmp_path: Path) -> None:
    wrong = {**ROW, "completion": "<answer>3</answer>"}
    scored, summary = score(tmp_path, [ROW, wrong, ROW, ROW], group_size=2)
    assert summary["groups"] == 2
    assert [row["reasoning_advantage"] > 0 for row in scored] == [True, False, False, False]
    with pytest.raises(ConfigError, match="--group-size 3 does not divide its 4 rows"):
        score(tmp_path, [ROW] * 4, group_size=3)


def test_group_size_counts_unreadable_rows(tmp_path: Path) -> None:
    good, bad = json.dumps(ROW), json.dumps({**ROW, "completion": "<answer>3</answer>"})
    (tmp_path / "in.jsonl").write_text(f"{good}\nbroken\n\n{bad}\n{good}\n")
    output = tmp_path / "out.jsonl"
    score_files(ScoringJob(inputs=[str(tmp_path / "in.jsonl")], output=str(output), group_size=2))
    assert [row["reasoning_advantage"] != 0 for row in lines(output)] == [False, True, True]


def test_mapped_column_that_no_row_has(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no row has the column 'label' that is to serve as gold"):
        score(tmp_path, [ROW], mapping={"gold": "label"})


def test_output_may_not_be_an_input_or_a_device(tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", [ROW])
    with pytest.raises(ConfigError, match="is an input"):
        score_files(ScoringJob(inputs=[source], output=source))
    (tmp_path / "null.jsonl").symlink_to("/dev/null")
    with pytest.raises(DataError, match="not a regular file"):
        score_files(ScoringJob(inputs=[source], output=str(tmp_path / "null.jsonl")))
    with pytest.raises(DataError, match="can't be written: No such folder"):
        score_files(ScoringJob(inputs=[source], output=str(tmp_path / "no" / "out.jsonl")))


@pytest.mark.parametrize("output", ["out.csv", "out", "jsonl"])
def test_the_output_names_its_format(output: str) -> None:
    with pytest.raises(ConfigError, match=r"the name must end in \.parquet or \.jsonl"):
        ScoringJob(inputs=["in.jsonl"], output=output)


@pytest.mark.parametrize("length", [100, 200, 238])
def test_long_names(tmp_path: Path, length: int) -> None:
    (tmp_path / "in.jsonl").write_text(json.dumps(ROW) + "\nbroken\n")
    output = tmp_path / ("x" * (length - 6) + ".jsonl")
    score_files(ScoringJob(inputs=[str(tmp_path / "in.jsonl")], output=str(output)))
    (row,), (reject,) = lines(output), lines(Path(f"{output}.rejects.jsonl"))
    assert (row["reasoning_accuracy"], reject["line"]) == (1.0, 2)
    assert json.loads(Path(f"{output}.provenance.json").read_text())["counts"]["rows"] == 1
    assert len(os.listdir(tmp_path)) == 4


@pytest.mark.parametrize("length", [250, 300])
def test_names_that_are_too_long_leave_nothing(tmp_path: Path, length: int) -> None:
    source = write(tmp_path / "in.jsonl", [ROW])
    with pytest.raises(DataError, match="can't be written: File name too long"):
        score_files(ScoringJob(inputs=[source], output=str(tmp_path / ("x" * (length - 6) + ".jsonl"))))
    assert os.listdir(tmp_path) == ["in.jsonl"]


def test_standard_streams(tmp_path: Path) -> None:
    out = io.BytesIO()
    job = ScoringJob(inputs=["-"], output="-")
    summary = score_files(job, standard_input=io.BytesIO(json.dumps(ROW).encode()), standard_output=out)
    assert json.loads(out.getvalue())["reasoning_accuracy"] == 1.0
    assert summary["inputs"] == ["standard input"]


def test_same_bytes_for_the_same_input(tmp_path: Path) -> None:
    for suffix in ("jsonl", "parquet"):
        outputs = []
        for name in ("a", "b"):
            (tmp_path / name).mkdir(exist_ok=True)
            path = tmp_path / name / f"out.{suffix}"
            score_files(ScoringJob(inputs=[str(EXAMPLES)], output=str(path)))
            outputs.append({file.name: file.read_bytes() for file in sorted(path.parent.iterdir())})
        assert outputs[0] == outputs[1]


def test_tokenizer_counts_what_starts_inside_the_tags(tmp_path: Path) -> None:
    tokenizers = pytest.importorskip("tokenizers")
    words = tokenizers.Tokenizer(tokenizers.models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    words.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    words.save(str(tmp_path / "tokenizer.json"))
    config = RewardConfig(perception_band=(3, 3), reasoning_band=(3, 3))
    completion = "<observation>Two cups.</observation>\n<think>Two.</think><answer>2</answer> \ud800"
    for path in (tmp_path, tmp_path / "tokenizer.json"):
        (row,), summary = score(tmp_path, [{**ROW, "completion": completion}], config=config, tokenizer=path)
        assert (row["perception_length"], row["reasoning_length"]) == (0.2, 0.0)  # text after the answer: no format
        assert (summary["lengths"]["perception"]["median"], summary["lengths"]["reasoning"]["median"]) == (3, 3)
    with pytest.raises(ConfigError, match=r"can't be read as a tokenizer\.json"):
        score(tmp_path, [ROW], tokenizer=tmp_path / "nowhere")


def test_numbers_are_collected_over_many_batches(tmp_path: Path) -> None:
    rows = [
        {**ROW, "group_id": number % 1500, "completion": f"<answer>{number // 3000 + 2}</answer>"}
        for number in range(6000)
    ]
    scored, summary = score(tmp_path, rows)
    assert summary["groups"] == 1500
    assert [row["reasoning_accuracy"] for row in scored] == [1.0] * 3000 + [0.0] * 3000
    assert all((row["reasoning_advantage"] > 0) == (row["reasoning_accuracy"] > 0) for row in scored)


def test_models_without_observations(tmp_path: Path) -> None:
    config = RewardConfig.from_mapping({"template": {"observation": None}})
    (row, _), summary = score(
        tmp_path, [{**ROW, "completion": f"<think>Two.</think><answer>{n}</answer>"} for n in (2, 3)], config=config
    )
    assert (row["perception_accuracy"], row["perception_format"], row["perception_reward"]) == (None, None, None)
    assert (row["reasoning_reward"], row["unscored"], row["perception_advantage"]) == (2.0, None, 0.0)
    assert summary["unscored_rows"] == 0


@pytest.mark.parametrize(("least", "most", "paid"), [(270, 440, 0.2), (269, 441, 0.0)])
def test_dynamic_bands_include_their_edges(tmp_path: Path, least: int, most: int, paid: float) -> None:
    counts = [least, 300, 300, 300, 400, 400, 400, most]
    assert dynamic_band(counts, [True] * 8, (0, 0)) == (270, 440)
    rows = [{**ROW, "perception_tokens": count, "reasoning_tokens": count} for count in counts]
    scored, _ = score(tmp_path, rows, config=RewardConfig(length="dynamic"))
    for name in ("perception_length", "reasoning_length"):
        assert [row[name] for row in scored] == [paid, *[0.2] * 6, paid]


def test_parquet_rows_without_completion_are_left_out_of_the_table(tmp_path: Path) -> None:
    rows = [{**ROW, "n": 0}, {**ROW, "n": 1, "completion": None}, {**ROW, "n": 2, "completion": "<answer>3</answer>"}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "in.parquet")
    score_files(ScoringJob(inputs=[str(tmp_path / "in.parquet")], output=str(tmp_path / "out.parquet")))
    table = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert [(row["n"], row["reasoning_accuracy"]) for row in table] == [(0, 1.0), (2, 0.0)]
    (reject,) = lines(tmp_path / "out.parquet.rejects.jsonl")
    assert (reject["line"], reject["reason"]) == (2, "column 'completion' is null: there is no completion")


def test_the_collector_is_left_as_it_was(tmp_path: Path) -> None:
    before = gc.get_threshold()
    score_files(ScoringJob(inputs=[str(EXAMPLES)], output=str(tmp_path / "scored.jsonl"), workers=1))
    assert gc.get_threshold() == before
