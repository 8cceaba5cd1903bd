"""OpenRLHF itself with our rewards: its executor, its HTTP client, its filtering and its advantages.

vLLM, DeepSpeed and flash-attention, which want a GPU, are stand-ins, as in OpenRLHF's own tests.
"""

from __future__ import annotations

import asyncio
import gc
import importlib.util
import logging
import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest

from tests.trainers.adapters.installed import require

require("openrlhf")

import peft  # noqa: F401  # before the stand-ins: these look for the packages themselves
import torch
import transformers.trainer  # noqa: F401
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

STAND_INS = (
    *("deepspeed", "deepspeed.accelerator", "deepspeed.ops", "deepspeed.ops.adam", "deepspeed.runtime"),
    *("deepspeed.runtime.utils", "deepspeed.runtime.zero", "deepspeed.runtime.zero.partition_parameters"),
    *("deepspeed.utils", "flash_attn", "flash_attn.bert_padding", "flash_attn.utils", "flash_attn.utils.distributed"),
    *("vllm", "vllm.inputs", "vllm.utils"),
)
for name in STAND_INS:
    sys.modules[name] = MagicMock(name=name, __spec__=ModuleSpec(name, None), __path__=[])

from openrlhf.datasets.prompts_dataset import preprocess_data
from openrlhf.trainer.ppo_utils import samples_generator
from openrlhf.trainer.ppo_utils.experience import Experience, balance_experiences
from openrlhf.trainer.ppo_utils.experience_maker import RemoteExperienceMaker
from openrlhf.utils.agent import SingleTurnAgentExecutor

from p2r_rewards.trainers import openrlhf
from p2r_rewards.trainers.samples import RewardSettings, Sample, SampleRewards, pack_columns
from p2r_rewards.trainers.samples.settings import VARIABLE
from tests.judges.fake_server import FakeServer
from tests.trainers.adapters.replies import BARE, BLIND, CUPS, DARK, GOOD, WRONG, block, judging
from tests.trainers.server.running_server import Server

SCORED = (GOOD, WRONG, BLIND, BARE)
TOKEN = "0123456789abcdef"


@pytest.fixture(scope="module")
def judge() -> Iterator[FakeServer]:
    with judging() as server:
        yield server


@pytest.fixture(scope="module", autouse=True)
def settings(judge: FakeServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("settings")
    path = folder / "rewards.yaml"
    path.write_text(f"judge: openai:made@{judge.openai}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, str(path))
        patch.setenv("P2R_JUDGE_CACHE", str(folder / "verdicts.sqlite"))
        patch.setenv("OPENAI_API_KEY", "made")
        yield path


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    """Bytes as tokens, and two special ones."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    made = Tokenizer(models.BPE({letter: number for number, letter in enumerate(alphabet)}, []))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(tokenizer_object=made, pad_token="<|endoftext|>", eos_token="<|im_end|>")
    turn = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    fast.chat_template = turn + "<|im_start|>assistant\n"
    return fast


@pytest.fixture(scope="module")
def prompt(tokenizer: PreTrainedTokenizerFast) -> str:
    """As OpenRLHF makes it of a row: tags stand in it, as in every instruction."""
    row = {"input": "How many cups? Write <observation>, <think> and <answer>2</answer>.", "label": pack_columns(CUPS)}
    prompt, label = preprocess_data(row, None, "input", "label", tokenizer.apply_chat_template)
    assert label == row["label"]
    return str(prompt)


class Engine:
    """Writes one reply after the other, and a special token at its end."""

    def __init__(self, tokenizer: Any, replies: Any) -> None:
        self._tokenizer = tokenizer
        self._replies = iter(replies)

    async def generate(self, ids: list[int], params: Any, multi_modal_data: Any = None) -> Any:
        text = next(self._replies)
        tokens = self._tokenizer(text=text + "<|im_end|>", add_special_tokens=False)["input_ids"]
        output = SimpleNamespace(token_ids=tokens, text=text, finish_reason="stop", logprobs=None)
        return SimpleNamespace(outputs=[output])


def execute(executor: Any, tokenizer: Any, prompt: str, replies: Any, label: str | None = None) -> list[dict[str, Any]]:
    """What OpenRLHF's executor makes of a prompt's replies."""
    engine = Engine(tokenizer, replies)
    params = SimpleNamespace(max_tokens=512, logprobs=None)
    label = pack_columns(CUPS) if label is None else label

    async def run() -> list[dict[str, Any]]:
        work = [executor.execute(prompt, label, params, 4096, tokenizer, engine) for _ in replies]
        return list(await asyncio.gather(*work))

    return asyncio.run(run())


def generator(**algo: Any) -> Any:
    made = object.__new__(samples_generator.SamplesGenerator)
    made.args = SimpleNamespace(
        algo=SimpleNamespace(**algo, advantage=SimpleNamespace(is_correction_level="off")),
        rollout=SimpleNamespace(n_samples_per_prompt=4),
    )
    return made


def experiences(responses: list[dict[str, Any]]) -> list[Experience]:
    return [generator()._process_response_into_experience(one, max_len=4096) for one in responses]


def advantages(rollouts: list[Experience], estimator: str, micro_batch: int) -> torch.Tensor:
    """One advantage a sample, by OpenRLHF's own experience maker, and its batches for training."""
    advantage = SimpleNamespace(estimator=estimator, gamma=1.0, lambd=1.0, no_std_norm=False)
    args = SimpleNamespace(
        algo=SimpleNamespace(advantage=advantage),
        reward=SimpleNamespace(clip_range=None),
        rollout=SimpleNamespace(n_samples_per_prompt=4, micro_batch_size=micro_batch),
        train=SimpleNamespace(dynamic_batch_enable=False),
        actor=SimpleNamespace(num_nodes=1, num_gpus_per_node=1),
        ds=SimpleNamespace(ring_attn_size=1, tensor_parallel_size=1),
    )
    maker = RemoteExperienceMaker(
        None, None, None, None, SimpleNamespace(value=0.0), SimpleNamespace(args=args), SimpleNamespace(pad_token_id=0)
    )
    batches = maker.split_rollout_samples(rollouts)
    for batch in batches:
        batch.kl = torch.zeros(batch.action_mask.shape)
    done = maker.compute_advantages_and_returns(batches)
    found = torch.cat([(one.advantages * one.action_mask).sum(-1) / one.action_mask.sum(-1) for one in done])
    balance_experiences(done, args)  # joins the logs of all samples
    return found


def core(judge: FakeServer, replies: tuple[str, ...] = SCORED) -> list[float | None]:
    rewards = SampleRewards(RewardSettings(judge=f"openai:made@{judge.openai}"))
    return [one.reward for one in rewards.score([Sample(reply, CUPS) for reply in replies])]


def test_the_function_by_its_path_pays_what_the_core_pays(judge: FakeServer, tokenizer: Any, prompt: str) -> None:
    responses = execute(SingleTurnAgentExecutor([openrlhf.__file__]), tokenizer, prompt, SCORED)
    assert [one["reward"].item() for one in responses] == core(judge) == [4.0, 3.0, 3.0, 0.0]
    assert [one["scores"].item() for one in responses] == [1.0, 0.5, 0.5, 0.0]
    made = experiences(responses)
    assert [one.rewards.tolist() for one in made] == [[4.0], [3.0], [3.0], [0.0]]
    assert [one.info["reasoning_accuracy"].item() for one in made] == [1.0, 0.0, 1.0, 0.0]


def test_its_client_gets_the_same_from_servers_in_turn(
    judge: FakeServer, settings: Path, tmp_path: Path, tokenizer: Any, prompt: str
) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    with (
        Server(folders[0], settings.read_text()) as first,
        Server(folders[1], settings.read_text(), P2R_SERVER_TOKEN=TOKEN) as second,
    ):
        addresses = [
            f"http://127.0.0.1:{first.port}/get_reward",
            f"http://p2r:{TOKEN}@127.0.0.1:{second.port}/get_reward",
        ]
        responses = execute(SingleTurnAgentExecutor(addresses), tokenizer, prompt, SCORED)
        asked = ['p2r_samples_total{outcome="scored"} 2.0' in first.get("/metrics").body.decode()]
    assert asked == [True]
    made = experiences(responses)
    assert [one.rewards.item() for one in made] == core(judge)
    assert [one.scores.item() for one in made] == [1.0, 0.5, 0.5, 0.0]


@pytest.mark.parametrize("micro_batch", [1, 2, 8])
@pytest.mark.parametrize("over_http", [False, True])
def test_its_advantages_are_those_of_the_cores_rewards(
    over_http: bool, micro_batch: int, judge: FakeServer, settings: Path, tmp_path: Path, tokenizer: Any, prompt: str
) -> None:
    orders = (SCORED, SCORED[::-1])
    if over_http:
        with Server(tmp_path, settings.read_text()) as server:
            executor = SingleTurnAgentExecutor(f"http://127.0.0.1:{server.port}/get_reward")
            responses = [one for order in orders for one in execute(executor, tokenizer, prompt, order)]
    else:
        executor = SingleTurnAgentExecutor(openrlhf.__file__)
        responses = [one for order in orders for one in execute(executor, tokenizer, prompt, order)]
    rewards = torch.tensor([core(judge, order) for order in orders])
    centred = rewards - rewards.mean(-1, keepdim=True)
    expected = {"dr_grpo": centred, "rloo": centred * 4 / 3, "group_norm": centred / rewards.std(-1, keepdim=True)}
    for estimator, values in expected.items():
        found = advantages(experiences(responses), estimator, micro_batch)
        assert torch.allclose(found, values.flatten(), atol=1e-5), estimator


def test_a_group_with_an_unscored_sample_is_filtered_and_replaced(
    monkeypatch: pytest.MonkeyPatch, tokenizer: Any, prompt: str
) -> None:
    monkeypatch.setenv(openrlhf.VARIABLE, "filter")
    executor = SingleTurnAgentExecutor(openrlhf.__file__)
    groups = iter([(GOOD, DARK, WRONG, BARE), SCORED])

    def respond(**call: Any) -> list[dict[str, Any]]:
        return execute(executor, call["hf_tokenizer"], call["prompt"], next(groups), call["label"])

    engine = SimpleNamespace(
        generate_responses=SimpleNamespace(remote=respond),
        get_num_unfinished_requests=SimpleNamespace(remote=lambda: 0),
    )
    ray = SimpleNamespace(get=lambda refs: refs, wait=lambda refs, **_: (refs[:1], refs[1:]))
    monkeypatch.setattr(samples_generator, "ray", ray)
    monkeypatch.setattr(samples_generator, "SamplingParams", lambda **params: SimpleNamespace(**params))
    made = generator(dynamic_filtering_enable=True, dynamic_filtering_range=(0.0, 1.0))
    made.vllm_engines, made.tokenizer = [engine], tokenizer
    rows = iter([(["d"], [prompt], [pack_columns(CUPS)], [None])] * 2)
    kept, _, _ = made._generate_vllm(rows, 1, True, max_new_tokens=512, max_len=4096)
    assert [one.rewards.item() for one in kept] == [4.0, 3.0, 3.0, 0.0]
    assert next(groups, None) is None  # the second prompt was drawn in place of the first


@pytest.mark.parametrize("place", [0, 2])
def test_without_filtering_an_unscored_sample_ends_the_run(place: int, tokenizer: Any, prompt: str) -> None:
    replies = [GOOD, WRONG, BARE]
    replies.insert(place, DARK)
    made = experiences(execute(SingleTurnAgentExecutor(openrlhf.__file__), tokenizer, prompt, replies))
    assert made[place].rewards is None
    for micro_batch in (1, 4):
        with pytest.raises((AttributeError, TypeError)):
            advantages(made, "group_norm", micro_batch)


def test_what_it_swallows_is_in_our_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tokenizer: Any, prompt: str
) -> None:
    broken = tmp_path / "rewards.yaml"
    broken.write_text("judg: lexical")
    monkeypatch.setenv(VARIABLE, str(broken))
    with caplog.at_level(logging.ERROR):
        [response] = execute(SingleTurnAgentExecutor(openrlhf.__file__), tokenizer, prompt, [GOOD])
    assert response["reward"] is None
    assert "did you mean judge" in caplog.text


def test_an_async_function_gets_no_reward_there_and_ours_is_none(tmp_path: Path, tokenizer: Any, prompt: str) -> None:
    def collected(executor: Any) -> dict[str, Any]:
        [response] = execute(executor, tokenizer, prompt, [GOOD])
        gc.collect()  # the coroutine warns when it goes
        return response

    path = tmp_path / "asynchronous.py"
    path.write_text("async def reward_func(queries, prompts, labels):\n    return {'rewards': 1.0}\n")
    with pytest.warns(RuntimeWarning, match="never awaited"):
        response = collected(SingleTurnAgentExecutor(str(path)))
    assert response["reward"] is None


def test_a_prompt_that_was_cut_at_its_head_is_still_cut_off(tokenizer: Any, prompt: str) -> None:
    engine = Engine(tokenizer, [GOOD])
    params = SimpleNamespace(max_tokens=512, logprobs=None)
    executor = SingleTurnAgentExecutor(openrlhf.__file__)
    length = 512 + len(tokenizer(prompt)["input_ids"]) - 30
    response = asyncio.run(executor.execute(prompt, pack_columns(CUPS), params, length, tokenizer, engine))
    assert response["reward"].item() == 4.0


def test_the_documented_options_are_its_own() -> None:
    spec = importlib.util.find_spec("openrlhf.cli.train_ppo_ray")
    assert spec is not None
    source = Path(str(spec.origin)).read_text()
    options = [word for word in block("openrlhf.md", "bash").split() if word.startswith("--")]
    assert len(options) >= 8
    assert [option for option in options if f'"{option}"' not in source] == []
