"""Measures what matters and prints one table: `make bench`.

The cloud it measures is its own, in a folder that is gone afterwards; one that runs already is left alone.
"""

import os
import platform
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# A script's own folder is all that Python looks into.
sys.path[:0] = [str(ROOT), str(ROOT / "layers" / "switchhook")]

from bench import built, cloud_figures, decisions  # noqa: E402
from bench.figures import Figure  # noqa: E402
from local import build, cloud  # noqa: E402
from local.paths import home_in  # noqa: E402
from local.processes import LocalCloudError  # noqa: E402
from local.progress import Progress, progress_on_stderr  # noqa: E402
from local.table import table  # noqa: E402


def main() -> int:
    """Measure and print; the table alone goes to standard output."""
    progress = progress_on_stderr()
    try:
        figures = _measured(progress)
    except LocalCloudError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    rows = [(figure.what, figure.value, figure.how) for figure in figures]
    print(table(("figure", "measured", "how"), rows))
    return 0


def _measured(progress: Progress) -> list[Figure]:
    build.prepare(progress)
    progress("measuring imports, sizes and decisions")
    found = [*built.figures(), *decisions.figures()]
    with tempfile.TemporaryDirectory(prefix="switchhook-bench-") as folder:
        home = home_in(Path(folder))
        state = cloud.up(progress, home=home, ends_with=os.getpid())
        try:
            progress("measuring the cloud")
            found += cloud_figures.figures(state)
        finally:
            cloud.down(home=home)
    return found


if __name__ == "__main__":
    sys.exit(main())
