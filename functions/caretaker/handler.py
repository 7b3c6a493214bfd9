"""The minute's round: wakes what is due, drains repaired tenants, keeps grants alive, buries dead letters.

Trigger: EventBridge Scheduler, once a minute. Guarantees: a round that is lost or runs twice changes
nothing but the time. Permissions: the three tables, the queue (send), the dead-letter queue (receive,
delete), the KMS key, app and session secret.
"""

import os
from dataclasses import asdict

from aws_lambda_powertools import Logger

from switchhook.runtime.invocation import InvocationClock, LambdaContext
from switchhook.runtime.outcomes import note_reauth_needed
from switchhook.runtime.worker_wiring import wire
from switchhook.usecases.caretaker import bury_dead_letters, wake_due

logger = Logger()
clock = InvocationClock()
wiring = wire(os.environ, clock)


def handler(_event: object, context: LambdaContext) -> dict[str, int]:
    """Make one round; answers with what it did."""
    clock.begin(context)
    done = asdict(wake_due(wiring.due_list, wiring.world))
    done["buried"] = bury_dead_letters(wiring.dead_letters, wiring.world)
    for _ in range(done["broken"]):
        note_reauth_needed(logger)
    if any(done.values()):
        logger.info("round_made", extra=done)
    return done
