"""The paper's analyses: examination of observations, mismatch, ablations, judges."""
