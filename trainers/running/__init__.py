"""Recipes to training runs: both stages by TRL, a made-up world to try them in, dry runs and plots."""
