"""What a run would do, before a server is paid: counts, the first prompt, and its media decoded."""

from __future__ import annotations

from collections import Counter
from typing import Any

from p2r_rewards.errors import ConfigError
from p2r_rewards.experiments.cot.job import CotJob
from p2r_rewards.experiments.cot.rows import make_task, read_cot_rows
from p2r_rewards.experiments.generation.generators import open_generator
from p2r_rewards.experiments.generation.store import GenerationStore
from p2r_rewards.trainers.data.media_root import MediaError
from p2r_rewards.trainers.data.training_rows import RowFault


def preview_run(job: CotJob) -> dict[str, Any]:
    """The rows by fate, the requests still to be sent, and the first prompt as text; nothing is asked.

    All media are looked for, and those of the first row decoded, as they would be sent.

    Raises:
        DataError: An input can't be read.
        ConfigError: A setting is wrong or missing.
        MissingExtraError: A library is not installed.
    """
    if job.generating is None:
        message = "name the model that generates"
        raise ConfigError(message)
    given = job.generating
    generator = open_generator(
        given.model, media_root=given.media_root, decoding=given.decoding, settings=given.media, limits=given.limits
    )
    rows, faults, types, data_types = 0, Counter[str](), Counter[str](), Counter[str]()
    wanted: set[bytes] = set()
    known, prompt, shown = 0, None, None
    with GenerationStore(job.work_folder / "generations", make=False) as store:
        for row in read_cot_rows(job.inputs, given.template, shard=job.shard, limit=job.limit):
            rows += 1
            if isinstance(row.row, RowFault):
                faults[row.row.kind] += 1
                continue
            task = make_task(row.row)
            try:
                identity = generator.identify(task)
                if prompt is None:
                    shown = _parts(generator.messages(task))
                    prompt = task.prompt
            except MediaError as error:
                faults[f"media: {error.kind}"] += 1
                continue
            found = store.get(identity, task.key)
            known += found is not None and found.error is None
            if found is None or found.error is not None:
                wanted.add(identity)
            types[str(row.row.problem.type)] += 1
            data_types[row.row.problem.data_type] += 1
    return {
        "rows": rows,
        "usable": types.total(),
        "faults": dict(faults.most_common()),
        "types": dict(types.most_common()),
        "data_types": dict(data_types.most_common()),
        "known": known,
        "requests": len(wanted),
        "prompt": prompt,
        "media": shown,
    }


def _parts(messages: list[Any]) -> dict[str, Any]:
    """How many media a request holds, and its size in bytes."""
    content = messages[-1]["content"]
    kinds = Counter(part["type"] for part in content if part["type"] != "text") if isinstance(content, list) else {}
    size = len(str(messages))
    return {"parts": dict(kinds), "bytes": size}
