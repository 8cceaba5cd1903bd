"""Answers of a vision-language model, asked for over HTTP or in process, each once."""
