"""Pure values: signatures, cases, scripts and traces, comparisons, verdicts; no input or output."""
