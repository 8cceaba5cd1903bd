"""A benchmark's questions put to a model: which of them, in what words, and the file of answers."""
