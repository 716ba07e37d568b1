"""The attack suite: hostile submissions, the canaries that they aim at, and what must become of each."""

from grader.attacks.canaries import Canaries
from grader.attacks.overlap import combinations
from grader.attacks.suite import CATEGORIES, Attack, read_suite, suite_folder
from grader.attacks.trial import LIMITS, Bench, Trial

__all__ = ["CATEGORIES", "LIMITS", "Attack", "Bench", "Canaries", "Trial", "combinations", "read_suite", "suite_folder"]
