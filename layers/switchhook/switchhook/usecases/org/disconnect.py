"""Ends a tenant's connection, and tells beforehand what that does (CX-60 to CX-62, SH-8)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import NoReturn

from switchhook.domain.activity import FINAL, State
from switchhook.domain.connection import Connection, ConnectionStatus
from switchhook.domain.errors import Conflict, Permanent, Rejected, Retryable
from switchhook.ports.admin import ActivityFilter, Hooks, LedgerReader
from switchhook.ports.cipher import Cipher
from switchhook.ports.connect import AppChoices, AppSecrets, TokenEndpoint
from switchhook.ports.ledger import Connections
from switchhook.usecases.org.connect import get_connection
from switchhook.usecases.org.grants import REFRESH_TOKEN
from switchhook.usecases.org.own_app import forget_app

STORE_TRIES = 3

HOOKS_AT_ONCE = 100
COUNTED_AT_ONCE = 1000
COUNTED_PAGES = 10
"""Pages of one state that are counted; whoever has more waiting is told the least there are."""

KEEPS = (
    "settings and people",
    "hooks: calls are still taken in",
    "the activity log",
    "every record in Salesforce",
)
"""What disconnecting leaves as it is (CX-61)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisconnectPreview:
    """What disconnecting would do, while nothing is done (CX-60).

    `connected_as` is the user's name or e-mail, None where there is none to tell. `open_activities`
    are not final yet and would wait for the next connection; `hooks` would go on receiving.
    """

    status: str
    connected_as: str | None
    org_id: str | None
    open_activities: int
    hooks: int
    would: tuple[str, ...]
    keeps: tuple[str, ...]

    def fields(self) -> Mapping[str, object]:
        """The same as plain values, for an error's fields."""
        return {**asdict(self), "would": list(self.would), "keeps": list(self.keeps)}


def preview_disconnect(
    tenant: str, *, connections: Connections, ledger: LedgerReader, hooks: Hooks
) -> DisconnectPreview:
    """Tells what disconnecting would do; reads only.

    Raises:
        Retryable: a store cannot be read now.
    """
    seen = get_connection(tenant, connections=connections)
    waiting, is_all = _open_activities(tenant, ledger)
    receiving = _hooks(tenant, hooks)
    is_connected = seen.status is not ConnectionStatus.NOT_CONNECTED
    user = seen.user
    return DisconnectPreview(
        status=seen.status.value,
        connected_as=(user.name or user.email) if user else None,
        org_id=seen.org_id if is_connected else None,
        open_activities=waiting,
        hooks=receiving,
        would=_would(seen, waiting, receiving, is_all=is_all) if is_connected else (),
        keeps=KEEPS,
    )


def refuse_unconfirmed(preview: DisconnectPreview) -> NoReturn:
    """Raises `Rejected` (409), saying what disconnecting would do (CX-60)."""
    raise Rejected(
        f"Nothing was changed. Disconnecting would do this: {' '.join(preview.would)} These stay: "
        f"{'; '.join(preview.keeps)}. Send the same request with ?confirm=true to do it.",
        code="confirmation_needed",
        status=409,
        fields=preview.fields(),
    )


def disconnect(
    tenant: str,
    *,
    connections: Connections,
    cipher: Cipher,
    tokens: TokenEndpoint,
    choices: AppChoices,
    secrets: AppSecrets,
) -> bool:
    """Revoke and delete the tenant's tokens; settings stay, activities wait (CX-61).

    Doing it twice is harmless. False means that Salesforce did not confirm the revocation: the tokens
    are deleted here, and an admin can end the grant in Salesforce's list of connected apps. The
    credentials of an app that the tenant has replaced meanwhile go with its last grant.

    Raises:
        Conflict: the connection kept changing meanwhile.
        Retryable: a store cannot be reached; nothing is deleted yet.
    """
    for _ in range(STORE_TRIES):
        seen = connections.read(tenant)
        if seen is None or seen.status is ConnectionStatus.NOT_CONNECTED:
            return True
        is_revoked = _revoke_stored(seen, cipher, tokens)
        gone = Connection(
            tenant=tenant,
            status=ConnectionStatus.NOT_CONNECTED,
            generation=seen.generation + 1,
            org_id=seen.org_id,  # so that connecting to another org is still noticed
        )
        if connections.replace(seen, gone):
            forget_app(seen.app, tenant, choices=choices, secrets=secrets)
            return is_revoked
    raise Conflict(f"the connection of tenant {tenant} keeps changing; disconnect it again")


def _would(seen: Connection, waiting: int, receiving: int, *, is_all: bool) -> tuple[str, ...]:
    about = "" if is_all else "at least "
    broken = seen.status is ConnectionStatus.BROKEN
    revoke = "Salesforce has ended the grant already; what is left of it would be deleted."
    return (
        revoke if broken else "The access at Salesforce would be revoked and its tokens deleted.",
        f"{about}{waiting} open activities would wait, and be logged after you connect again.".capitalize(),
        f"{receiving} hooks would go on taking calls in, and those would wait likewise.",
    )


def _open_activities(tenant: str, ledger: LedgerReader) -> tuple[int, bool]:
    """How many activities are not final, and whether that is all of them."""
    count, is_all = 0, True
    for state in State:
        if state in FINAL:
            continue
        cursor: str | None = None
        for _ in range(COUNTED_PAGES):
            wanted = ActivityFilter(state=state)
            page = ledger.page(tenant, wanted, limit=COUNTED_AT_ONCE, cursor=cursor)
            count, cursor = count + len(page.items), page.next_cursor
            if cursor is None:
                break
        is_all = is_all and cursor is None
    return count, is_all


def _hooks(tenant: str, hooks: Hooks) -> int:
    count, cursor = 0, None
    while True:
        page = hooks.page(tenant, limit=HOOKS_AT_ONCE, cursor=cursor)
        count, cursor = count + len(page.items), page.next_cursor
        if cursor is None:
            return count


def _revoke_stored(seen: Connection, cipher: Cipher, tokens: TokenEndpoint) -> bool:
    if not seen.refresh_ciphertext:
        return True
    token = cipher.decrypt(seen.refresh_ciphertext, tenant=seen.tenant, purpose=REFRESH_TOKEN)
    try:
        tokens.revoke(seen.login_url, token=token)
    except (Retryable, Permanent):
        # An org that is down or gone must not keep its admin from disconnecting.
        return False
    return True
