"""Tells a waiting person what is going on, on standard error, so that standard output carries results only."""

import sys
import time
from collections.abc import Callable

type Progress = Callable[[str], None]


def progress_on_stderr() -> Progress:
    """Returns a progress that prints each step with the seconds since the first."""
    begun = time.monotonic()

    def tell(step: str) -> None:
        print(f"[{time.monotonic() - begun:6.1f} s] {step}", file=sys.stderr, flush=True)

    return tell
