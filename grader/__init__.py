"""`grade`: an automated grader and autograd checker for deep-learning homework in NumPy."""

__all__ = ["__version__"]

__version__ = "0.1.0"
