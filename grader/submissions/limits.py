"""How much of a submission is read: more than real homework needs, less than what would hurt the grader."""

MEGABYTE = 1_000_000
"""Bytes."""

MAX_FILES = 1_000
"""Files kept of one submission, sources and data alike."""

MAX_ENTRIES = 20_000
"""Folder entries or archive members looked at, kept or not."""

MAX_SOURCE_BYTES = 2 * MEGABYTE
"""Bytes of one source: a .py file, or all code cells of a notebook together."""

MAX_NOTEBOOK_BYTES = 50 * MEGABYTE
"""Bytes of one notebook's JSON; its outputs contain pictures."""

MAX_NOTEBOOK_VALUES = 2_000_000
"""JSON values in one notebook; as Python objects they take up to a hundred times their bytes."""

MAX_DATA_BYTES = 64 * MEGABYTE
"""Bytes of all data files of one submission together."""

MAX_TOTAL_BYTES = 256 * MEGABYTE
"""Bytes read of one submission, after decompression, whether kept or not."""

MAX_ARCHIVE_BYTES = 128 * MEGABYTE
"""Bytes of one archive, as handed in."""

MAX_CLASS_DIRECTORY_BYTES = 64 * MEGABYTE
"""Bytes of the list of members of a whole class's archive; 100,000 members take about 15 MB."""

MAX_EXPANSION = 200
"""Decompressed bytes per byte of an archive; code and text reach 20, deflate's best is 1032."""

FREE_EXPANSION_BYTES = 16 * MEGABYTE
"""Decompressed bytes up to which `MAX_EXPANSION` is not asked for."""

MAX_DICTIONARY_BYTES = 128 * MEGABYTE
"""Memory that the xz decompressor may take; ``xz -9`` takes 65 MB."""

MAX_PATH_BYTES = 1_024
"""Bytes of a relative path as UTF-8."""

MAX_NAME_BYTES = 255
"""Bytes of one name in a path, as file systems have it."""

MAX_REMARKS = 50
"""Remarks kept of one submission."""


def megabytes(size: int) -> str:
    """Write a number of bytes for people, such as ``2 MB`` or ``0.5 MB``."""
    return f"{size / MEGABYTE:.1f}".removesuffix(".0") + " MB"
