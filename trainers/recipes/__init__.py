"""Recipes: all settings of a training run in one YAML file, read without trust."""

from p2r_rewards.trainers.recipes.reading import find_launch, list_recipes, load_recipe
from p2r_rewards.trainers.recipes.recipe import Recipe

__all__ = ["Recipe", "find_launch", "list_recipes", "load_recipe"]
