"""A whole class: what was handed in, by whom, how late, and the files that go back to the platform."""
