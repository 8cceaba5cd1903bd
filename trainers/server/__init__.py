"""Rewards over HTTP, for trainers that call out: OpenRLHF's remote protocol, and a plain one in JSON."""
