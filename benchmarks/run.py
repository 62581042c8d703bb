"""All benchmark tables: `make bench`."""

from __future__ import annotations

import subprocess
import sys

PARTS = (
    ["benchmarks.start"],
    ["benchmarks.loading"],
    ["benchmarks.inbox"],
    ["benchmarks.due"],
    ["benchmarks.platforms"],
    ["benchmarks.search"],
    ["benchmarks.search", "--growth"],
)


def main() -> None:
    """Each part in a process of its own, so that none warms another's caches."""
    for part in PARTS:
        subprocess.run([sys.executable, "-m", *part], check=True)


if __name__ == "__main__":
    main()
