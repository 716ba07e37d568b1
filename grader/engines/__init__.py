"""Engines: how many submissions are graded at once; so far one judge in this process."""
