"""Which output format serves rows of given sources."""

from __future__ import annotations

from collections.abc import Sequence

from p2r_rewards.rollouts.source import Source
from p2r_rewards.rollouts.writing import OutputFormat


def choose_format(sources: Sequence[Source], *, parquet: bool, overwrite: bool) -> OutputFormat:
    """The format for rows of these sources.

    Args:
        sources: Where the rows come from.
        parquet: Whether Parquet is written, or JSON Lines.
        overwrite: Whether columns that scoring adds may stand in the input.

    Raises:
        CollisionError: A Parquet source has such a column, and may not.
        DataError: Parquet sources don't fit one schema.
    """
    if not parquet:
        from p2r_rewards.rollouts.write_json_lines import JsonLinesFormat

        return JsonLinesFormat(overwrite=overwrite)
    if any(source.format != "parquet" for source in sources):
        from p2r_rewards.rollouts.write_parquet import RowFormat

        return RowFormat(overwrite=overwrite)
    from p2r_rewards.rollouts.parquet import common_schema
    from p2r_rewards.rollouts.write_parquet import TableFormat

    return TableFormat.for_schema(
        common_schema([(source.path, source.name) for source in sources]), overwrite=overwrite
    )
