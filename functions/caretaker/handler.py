"""The minute's round: sends what is due to the worker, buries dead letters.

Trigger: EventBridge Scheduler, once a minute. Guarantees: a round that is lost or runs twice changes
nothing but the time. Permissions: ActivityTable, the payload bucket, the queue (send), the dead-letter
queue (receive, delete), and the session key, by which a dead letter's party is filed; no token, no app.
"""

import os
from dataclasses import asdict
from functools import partial

from aws_lambda_powertools import Logger

from switchhook.runtime.deployment import deployed
from switchhook.runtime.environment import CARETAKER
from switchhook.runtime.invocation import InvocationClock, LambdaContext
from switchhook.runtime.outcomes import note_not_enqueued
from switchhook.usecases.caretaker import Enqueuing, bury_dead_letters, wake_due

logger = Logger()
clock = InvocationClock()
deployment = deployed(CARETAKER, os.environ, clock)
dead_letters, books = deployment.dead_letters, deployment.recording.books
enqueuing = Enqueuing(
    due_dates=deployment.due_dates,
    queue=books.wake_ups,
    run=books.run,
    report=partial(note_not_enqueued, logger),
)


def handler(_event: object, context: LambdaContext) -> dict[str, int]:
    """Make one round; answers with what it did."""
    clock.begin(context)
    done = {"buried": 0}
    try:
        # First, for waking goes on until the time is spent.
        done["buried"] = bury_dead_letters(dead_letters, books)
    finally:
        done |= asdict(wake_due(enqueuing))
        if any(done.values()):
            logger.info("round_made", extra=done)
    return done
