"""The private methods of TRL that the trainers override or call, with the signatures that they were written for."""

from __future__ import annotations

import inspect

import pytest
from trl import GRPOTrainer
from trl.generation.vllm_generation import VLLMGeneration

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
    "_load_from_checkpoint": "self, resume_from_checkpoint, model",
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


def test_what_is_given_to_vllm_as_images_reaches_it() -> None:
    """`show_media` replaces `llm`, `image_features` and `_place_features`; rows in between are TRL's."""
    source = inspect.getsource(VLLMGeneration.generate)
    for line in (
        'row["multi_modal_data"] = {"image": img_list if len(img_list) > 1 else img_list[0]}',
        "self.llm.generate(vllm_prompts, sampling_params=sampling_params, use_tqdm=False)",
        "features = self.vllm_client.image_features(all_images[::num_generations])",
        "self._place_features(prompt_features, prompt_ids)",
        "prompts=ordered_set_of_prompt_ids, features=features, **sampling_params",
        "generation_kwargs.update(self.generation_kwargs)",
    ):
        assert line in source
    assert ", ".join(inspect.signature(VLLMGeneration.generate).parameters) == (
        "self, prompts, images, num_generations, profiler"
    )
    assert ", ".join(inspect.signature(VLLMGeneration._place_features).parameters) == "self, features, prompt_ids"


def test_with_vllm_the_old_policys_pass_hides_the_judge() -> None:
    source = inspect.getsource(inspect.unwrap(GRPOTrainer._generate_and_score_completions))
    order = [
        "self.use_vllm and self.vllm_importance_sampling_correction\n            ):\n                old_per_token",
        "self._calculate_rewards(",
    ]
    assert source.index(order[0]) < source.index(order[1])
