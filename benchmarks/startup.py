"""What it costs to begin: `import lateen` and `lateen --help`, each in a fresh process, median of 9.

    python benchmarks/startup.py
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

COMMANDS = {
    "bare interpreter": [sys.executable, "-c", "pass"],
    "import lateen": [sys.executable, "-c", "import lateen"],
    "import numpy (for comparison)": [sys.executable, "-c", "import numpy"],
    "lateen --help": [str(Path(sys.executable).parent / "lateen"), "--help"],
}


def main() -> None:
    """Print the medians."""
    for name, command in COMMANDS.items():
        seconds = []
        for _ in range(9):
            start = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            seconds.append(time.perf_counter() - start)
        print(f"{name}: {1000 * statistics.median(seconds):.0f} ms")


if __name__ == "__main__":
    main()
