"""Runs the tests of each trainer's adapter against the trainer itself, each in a virtual environment of its own.

    pip install nox
    nox -s verl     # one of them; -r keeps its environment for the next run
    nox             # all

The trainers' pins contradict each other, and most ask for CUDA, though their reward paths need none: `bare` names
packages that are installed without their requirements, `packages` what the tests then import of these.
"""

from pathlib import Path
from typing import NamedTuple

import nox

TORCH = "torch==2.13.0"  # without a suffix: takes a CPU build where pip finds one
TEST_PACKAGES = ("hypothesis>=6.100", "pytest>=8.3")


class Trainer(NamedTuple):
    """What the environment of a trainer holds; its tests are tests/trainers/adapters/test_<name>*.py."""

    bare: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    extras: str = "judge"


TRAINERS = {
    "ms_swift": Trainer(packages=(TORCH, "ms-swift==4.6.0", "msgspec")),
    "verifiers": Trainer(packages=("verifiers==0.4.0",)),
    "openrlhf": Trainer(
        bare=("openrlhf==0.11.2",),
        packages=(
            TORCH,
            "aiohttp",
            "datasets",
            "packaging",
            "peft",
            "pylatexenc",
            "ray>=2.41",
            "sympy",
            "torchdata",
            "tqdm",
            "transformers==5.15.0",
        ),
        extras="judge,server",
    ),
    "verl": Trainer(
        bare=("verl==0.9.1",),
        packages=(
            TORCH,
            "accelerate",
            "aiohttp",
            "cachetools",
            "codetiming",
            "datasets",
            "fastapi",
            "hydra-core",
            "numpy>=2",
            "pandas",
            "peft",
            "pillow",
            "ray>=2.41",
            "tensordict==0.10.0",
            "torchdata",
            "TransferQueue==0.1.11",
            "transformers==5.9.0",
            "uvicorn",
        ),
    ),
}


def add_session(name: str, trainer: Trainer) -> None:
    """Adds the session that `nox -s NAME` runs."""

    @nox.session(name=name, venv_backend="venv")
    def run(session: nox.Session) -> None:
        session.install(*trainer.packages, *TEST_PACKAGES, "-e", f".[{trainer.extras}]")
        if trainer.bare:
            session.install("--no-deps", *trainer.bare)
        tests = sorted(map(str, Path("tests/trainers/adapters").glob(f"test_{name}*.py")))
        session.run("pytest", "-q", *(session.posargs or tests), env={"P2R_TRAINER": name})


for name, trainer in TRAINERS.items():
    add_session(name, trainer)
