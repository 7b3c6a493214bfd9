"""What a piece of work costs, on machines that are busy with other things."""

import gc
import time
from collections.abc import Callable


def least_cpu_s(work: Callable[[], object]) -> float:
    """The least CPU time of three runs, in seconds.

    The collector rests meanwhile: it walks everything that all the tests of the process have loaded, which costs more
    than the work and says nothing about it.
    """
    spent_s = []
    gc.disable()
    try:
        for _ in range(3):
            began = time.process_time()
            work()
            spent_s.append(time.process_time() - began)
    finally:
        gc.enable()
    return min(spent_s)
