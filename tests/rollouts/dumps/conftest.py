"""The scripts that made the dumps need packages that the tests do not: none of them is collected."""

collect_ignore_glob = ["make_*.py"]
"""Files that pytest leaves alone."""
