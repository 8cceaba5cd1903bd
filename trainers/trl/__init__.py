"""PA-GRPO on TRL: the trainer, its configuration, and video that training really sees."""
