"""Benchmark runs: answers scored by each benchmark's own rules and the paper's, and tables of them."""
