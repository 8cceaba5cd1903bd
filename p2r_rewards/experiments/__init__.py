"""The paper's experiments: the CoT pipeline, benchmarks, analyses, and the report page."""
