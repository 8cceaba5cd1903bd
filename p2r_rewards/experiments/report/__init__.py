"""Reports as one self-contained HTML page: no network, no code from outside, hostile text shown as text."""
