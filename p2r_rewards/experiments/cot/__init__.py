"""The three-step pipeline of process-aware CoT data (arXiv 2511.11113, Sec. 3.1.1)."""
