"""The checks: each turns a claim into cases and calls, and what came back into a verdict."""
