"""Names of the files that hold one page each; whatever a student is called, they are safe, short and distinct."""

from __future__ import annotations

import hashlib
import re
import unicodedata

_SAFE = re.compile(r"[a-z0-9][a-z0-9_]{0,59}(-[a-z0-9_]{1,11})*")
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d|index)")
_MAX_STEM = 40
_MAX_NAME = 64


def page_name(key: str) -> str:
    """Return the name of a student's page without its suffix; it depends on the key alone.

    Keys of small letters and digits name themselves. All others get a digest, which no such key can end in.
    """
    if _SAFE.fullmatch(key) and not _RESERVED.fullmatch(key) and len(key) <= _MAX_NAME:
        return key
    digest = hashlib.sha256(key.encode("utf-8", "backslashreplace")).hexdigest()[:12]
    # Letters of any script stay readable; NFC, for file systems differ in what they make of anything else.
    stem = re.sub(r"[\W_]+", "_", unicodedata.normalize("NFC", key).lower()).strip("_")[:_MAX_STEM]
    return f"{stem or 'student'}-{digest}"
