"""The private methods of TRL that the trainers override or call, with the signatures that they were written for."""

from __future__ import annotations

import inspect

import pytest
from trl import GRPOTrainer

from p2r_rewards.trainers.trl import PAGRPOTrainer

SIGNATURES = {
    "_generate_and_score_completions": "self, inputs",
    "_generate": "self, prompts",
    "_generate_single_turn": "self, prompt_ids, images, multimodal_fields, num_generations, has_tool_images",
    "_tokenize_prompts": "self, prompts",
    "_calculate_rewards": "self, inputs, prompts, completions, completion_ids_list",
    "_compute_loss": "self, model, inputs",
    "_get_per_token_logps_and_entropies": (
        "self, model, input_ids, attention_mask, logits_to_keep, batch_size, compute_entropy, compute_aux_loss, "
        "pixel_values, image_grid_thw, num_images, pixel_attention_mask, spatial_shapes, num_tiles, image_sizes, "
        "token_type_ids, mm_token_type_ids, image_position_ids"
    ),
    "_log_completion_extra": "self, column, values",
    "_log_metric": "self, name, value",
}


@pytest.mark.parametrize(("name", "parameters"), SIGNATURES.items(), ids=SIGNATURES)
def test_trl_still_has_the_method_that_is_overridden(name: str, parameters: str) -> None:
    method = inspect.unwrap(getattr(GRPOTrainer, name))
    assert ", ".join(inspect.signature(method).parameters) == parameters


def test_every_private_method_that_is_overridden_is_listed() -> None:
    own = {
        name
        for kind in PAGRPOTrainer.__mro__
        if kind.__module__.startswith("p2r_rewards")
        for name in vars(kind)
        if name.startswith("_") and hasattr(GRPOTrainer, name) and not name.startswith("__")
    }
    assert own <= {*SIGNATURES, "_tag_names", "_name", "_paper"}


def test_what_generation_returns_starts_with_prompts_completions_and_tool_mask() -> None:
    source = inspect.getsource(inspect.unwrap(GRPOTrainer._generate))
    assert (
        "return prompt_ids, completion_ids, tool_mask, completions, logprobs, extra_fields, images, tool_images"
        in source
    )


def test_the_order_of_work_lets_judging_overlap() -> None:
    source = inspect.getsource(inspect.unwrap(GRPOTrainer._generate_and_score_completions))
    order = [source.index(call) for call in ("self._generate(", "self.ref_model,", "self._calculate_rewards(")]
    assert order == sorted(order)
