"""The physical limit: a process that imports NumPy, loads the functions, and makes the recorded calls; nothing else.

Usage: python bare.py CALLS FOLDER [REPEATS]   prints the seconds that the calls alone took, the least of the repeats
"""

import pickle
import sys
import time
from pathlib import Path

import numpy  # noqa: F401 - a bare process pays for it, too


def main() -> None:
    calls_file, folder, repeats = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 1
    functions: dict[str, object] = {}
    for path in sorted(folder.glob("*.py")):
        exec(compile(path.read_text("utf-8"), path.name, "exec"), functions)
    raw = calls_file.read_bytes()
    least = float("inf")
    for _ in range(repeats):
        calls = [(functions[name], args) for name, args in pickle.loads(raw)]
        start = time.perf_counter()
        for function, args in calls:
            function(*args)
        least = min(least, time.perf_counter() - start)
    print(f"{least:.6f}")


if __name__ == "__main__":
    main()
