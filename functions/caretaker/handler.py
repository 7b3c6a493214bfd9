"""The minute's round: wakes what is due, drains repaired tenants, keeps grants alive, buries dead letters.

Trigger: EventBridge Scheduler, once a minute. Guarantees: a round that is lost or runs twice changes
nothing but the time. Permissions: the three tables, the queue (send), the dead-letter queue (receive,
delete), the KMS key, app and session secret.
"""

import os
from dataclasses import asdict

from aws_lambda_powertools import Logger

from switchhook.runtime.deployment import deployed
from switchhook.runtime.environment import CARETAKER
from switchhook.runtime.invocation import InvocationClock, LambdaContext
from switchhook.runtime.outcomes import note_reauth_needed
from switchhook.usecases.caretaker import bury_dead_letters, wake_due

logger = Logger()
clock = InvocationClock()
deployment = deployed(CARETAKER, os.environ, clock)
caring, dead_letters = deployment.recording.caring, deployment.dead_letters


def handler(_event: object, context: LambdaContext) -> dict[str, int]:
    """Make one round; answers with what it did."""
    clock.begin(context)
    done = asdict(wake_due(caring))
    done["buried"] = bury_dead_letters(dead_letters, caring.books)
    for _ in range(done["broken"]):
        note_reauth_needed(logger)
    if any(done.values()):
        logger.info("round_made", extra=done)
    return done
