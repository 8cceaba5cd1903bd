"""Our adapter against AReaL's documented protocol: a pool of processes, columns by name, retries, a time limit.

AReaL's wheels need CUDA, so none of it runs here; `Wrapper` follows what its `AsyncRewardWrapper` is documented to do.
"""

from __future__ import annotations

import asyncio
import importlib
import multiprocessing
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from p2r_rewards.errors import ConfigError
from p2r_rewards.trainers.areal import UnscoredError, reward, score
from p2r_rewards.trainers.samples import pack_columns
from p2r_rewards.trainers.samples.settings import VARIABLE
from tests.trainers.adapters.replies import BARE, CUPS, DARK, GOOD, REPLIES, block, judging, save_byte_tokenizer

ROW = yaml.safe_load(block("areal.md", "json"))


class Wrapper:
    """Calls a reward function in another process, and again where it raises; what is too late is a 0."""

    def __init__(self, function: Callable[..., float], pool: Executor, timeout: float = 60.0, retries: int = 3) -> None:
        self.function, self.pool, self.timeout, self.retries = function, pool, timeout, retries
        self.calls = 0

    async def __call__(self, *args: Any, **columns: Any) -> float:
        for attempt in range(self.retries + 1):
            self.calls += 1
            called = asyncio.get_running_loop().run_in_executor(self.pool, partial(self.function, *args, **columns))
            try:
                return await asyncio.wait_for(called, self.timeout)
            except TimeoutError:
                if attempt == self.retries:
                    return 0.0
            except Exception:
                if attempt == self.retries:
                    raise
        raise AssertionError


def ids(text: str) -> list[int]:
    return [*(byte + 1 for byte in text.encode()), 0]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The docs page's settings, but for the judge's address and the paths, where the environment names them."""
    folder = tmp_path_factory.mktemp("areal")
    with judging() as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", "none")
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        save_byte_tokenizer(folder / "tokenizer.json", end="<|im_end|>")
        found = yaml.safe_load(block("areal.md", "yaml"))
        found |= {"judge": f"openai:tiny@{server.openai}", "tokenizer": str(folder)}
        found["reward"] = {"perception_band": [20, 40], "reasoning_band": [5, 60]}
        path = folder / "rewards.yaml"
        path.write_text(yaml.safe_dump(found))
        patch.setenv(VARIABLE, str(path))
        yield path


@pytest.fixture(scope="module")
def pool(settings: Path) -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as found:
        yield found


def call(wrapper: Wrapper, text: str, **row: Any) -> float:
    """As `RLVRWorkflow` calls it: four arguments in order, then the row."""
    return asyncio.run(wrapper("<|im_start|>user …", text, [1, 2], ids(text), **{**ROW, **row}))


def test_the_function_that_the_docs_name_runs_in_a_pool_of_processes(pool: ProcessPoolExecutor) -> None:
    script = SimpleNamespace(gconfig=None, tokenizer_path="")
    names: dict[str, Any] = {}
    exec(block("areal.md", "python"), {"config": script}, names)
    module, name = names["workflow_kwargs"]["reward_fn"].rsplit(".", 1)
    found = getattr(importlib.import_module(module), name)
    assert found is reward
    wrapper = Wrapper(found, pool)
    assert [call(wrapper, text) for text in REPLIES if text != DARK] == pytest.approx([4.4, 3.2, 3.2, 0.0])


def test_a_partial_with_its_settings_pickles(settings: Path, pool: ProcessPoolExecutor) -> None:
    bound = partial(reward, p2r_settings=str(settings))
    assert pickle.loads(pickle.dumps(bound)).func is reward
    assert call(Wrapper(bound, pool), GOOD) == pytest.approx(4.4)


def test_an_unscored_completion_raises_after_the_retries_and_is_no_0(pool: ProcessPoolExecutor) -> None:
    wrapper = Wrapper(reward, pool)
    with pytest.raises(UnscoredError, match="judge: "):
        call(wrapper, DARK)
    assert wrapper.calls == 4
    with pytest.raises(UnscoredError, match="problem type"):
        call(wrapper, GOOD, problem_type="poetry")


def test_what_takes_too_long_is_a_0_that_areal_makes(settings: Path) -> None:
    """The trap that the docs warn of."""
    with ThreadPoolExecutor(1) as slow:
        slow.submit(__import__("time").sleep, 0.3)
        assert call(Wrapper(reward, slow, timeout=0.01, retries=1), GOOD) == 0.0


def test_many_threads_say_the_same(settings: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda text: reward(None, text, **ROW), [GOOD, BARE] * 20))
    assert found == pytest.approx([4.4, 0.0] * 20)


def test_columns_may_be_packed_and_components_are_told(settings: Path) -> None:
    found = score("…", GOOD, [1], ids(GOOD), messages=[], p2r=pack_columns(CUPS))
    assert found.reward == pytest.approx(4.4)
    assert found.components["perception_length"] == pytest.approx(0.2)
    clashing = score("…", GOOD, [1], ids(GOOD), gold="3", p2r=pack_columns(CUPS))
    assert clashing.reward == pytest.approx(4.4)


def test_bands_of_groups_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "rewards.yaml"
    path.write_text("judge: lexical\nreward: {length: dynamic}")
    with pytest.raises(ConfigError, match="AReaL hands on samples one by one"):
        reward("…", GOOD, p2r_settings=str(path), **CUPS)


def test_lengths_are_those_of_the_sampled_ids(settings: Path) -> None:
    assert reward("…", "this text lost its tags", [], ids(GOOD), **ROW) == pytest.approx(4.4)


def test_it_imports_without_areal() -> None:
    code = "import sys; sys.modules['areal'] = sys.modules['torch'] = None; import p2r_rewards.trainers.areal"
    subprocess.run([sys.executable, "-c", code], check=True)
