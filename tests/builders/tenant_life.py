"""The life of a tenant, scene by scene, on a watched site: what goes well, and everything that can go wrong."""

import base64
import hashlib
import urllib.request
from dataclasses import replace
from datetime import timedelta

from builders.site import NUMBER, OPERATOR_KEY, answered_call
from builders.watched_site import WatchedSite
from switchhook.domain.activity import RecordRef, State, activity_id
from switchhook.domain.facts.event import Kind
from switchhook.domain.queue_messages import EventMessage, pack, to_json
from switchhook.domain.writing.claims import Claim, ReleaseClaim, TakeClaim
from switchhook.ports.due import DueItem
from switchhook.ports.ledger import LedgerWrite
from switchhook.usecases.record.take_in import new_head


def lead_a_whole_life(at: WatchedSite) -> None:
    """From the operator's first request to the tenant's removal."""
    tenant, key = at.make_tenant()
    hook = _set_up(at, tenant, key)
    _ordinary_calls(at, hook)
    _long_work(at, tenant, key, hook)
    _late_facts(at, hook)
    _chosen_match(at, tenant, key, hook)
    _unknown_outcome(at, hook)
    _chats(at, tenant, key)
    _dead_match(at, hook)
    _expired_session(at, tenant, hook)
    _spent_budget(at, hook)
    _broken_grant(at, tenant, key, hook)
    _own_app(at, tenant, key)
    _rested_grant(at)
    _dead_letter(at, tenant, hook)
    _refused_requests(at, tenant)
    _admin_reads_and_leaves(at, tenant, key)


def _set_up(at: WatchedSite, tenant: str, key: str) -> dict[str, str]:
    path = f"/v1/tenants/{tenant}"
    at.api("GET", "/v1/tenants", key=OPERATOR_KEY)
    at.api("POST", f"{path}/keys/rotate", {"role": "agent"}, key=key)
    calls = {"unknown_number": "lead", "attach_to": "case", "create_case": True}
    settings = {"calls": calls, "matching": {"match_cache_minutes": 5}}
    at.api("PATCH", f"{path}/settings", settings, key=key)
    at.api("GET", f"{path}/settings/versions", key=key)
    at.api("POST", f"{path}/settings/restore", {"version": 2}, key=key)
    at.api("PUT", f"{path}/people", {"own_numbers": ["+14155550199"]}, key=key)
    at.api("GET", f"{path}/people", key=key)
    first = at.api("POST", f"{path}/hooks", {"provider": "generic", "kind": "call"}, key=key)
    at.api("POST", f"{path}/hooks/{first['hook_id']}/rotate", {}, key=key)
    at.api("DELETE", f"{path}/hooks/{first['hook_id']}", key=key)
    again = {"provider": "generic", "kind": "call", "replaces": first["hook_id"]}
    hook = at.api("POST", f"{path}/hooks", again, key=key)
    given = {"provider": "aircall", "kind": "call", "secret": "token-of-aircall"}
    at.api("POST", f"{path}/hooks", given, key=key)
    at.api("GET", f"{path}/hooks", key=key)
    at.api("POST", f"{path}/hooks", {"provider": "nobody", "kind": "call"}, key=key, refused=True)
    at.connect(at.api("POST", f"{path}/connection", {}, key=key)["connect_url"])
    at.api("GET", f"{path}/connection", key=key)
    return hook


def _ordinary_calls(at: WatchedSite, hook: dict[str, str]) -> None:
    """A match, the same caller again, a stranger, a redelivery, a forgery, a large body."""
    at.later(minutes=1)  # for settings hold for calls that end after them
    at.site.load("Contact", LastName="Byron", Phone=NUMBER)
    at.ring(hook, "matched")
    assert [head.state for head in at.work()] == [State.LOGGED]
    at.ring(hook, "repeated")
    at.ring(hook, "stranger", number="+14155550177")
    at.ring(hook, "matched")
    at.receive(hook["hook_id"], b"{}", {"webhook-signature": "v1,AAAA"})
    at.ring(hook, "large", comments=[{"author": "A", "text": incompressible(300_000), "at": None}])
    assert [head.text for head in at.work() if head.state is not State.LOGGED] == []


def _late_facts(at: WatchedSite, hook: dict[str, str]) -> None:
    """A tag that comes after the call was logged ends up in its Task."""
    at.ring(hook, "matched", type="call.updated", tags=["pricing"])
    at.work()
    at.later(seconds=31)
    at.make_round()
    (task,) = at.site.query("SELECT Id FROM Task WHERE CallDisposition = 'answered; pricing'")
    assert task["Id"].startswith("00T")


def _chosen_match(at: WatchedSite, tenant: str, key: str, hook: dict[str, str]) -> None:
    """A person chooses another match, has the call before moved there, and takes all of it back."""
    path = f"/v1/tenants/{tenant}/matches"
    lead = at.site.load("Lead", LastName="Chosen", Company="C")
    at.api("PUT", path, {"party": NUMBER, "record_id": lead}, key=key)
    at.ring(hook, "chosen")
    (head,) = at.work()
    assert head is not None
    assert head.slots[0].record == RecordRef(type="Lead", id=lead)
    assert len(at.api("GET", path, key=key)["items"]) == 1
    matched = activity_id(tenant=tenant, source=hook["source"], external_id="matched")
    before = at.world.books.ledger.read(tenant, matched).head.slots[0].record
    wish = {"party": NUMBER, "from": before.id, "to": lead, "activity_ids": [matched]}
    moved = at.api("POST", f"{path}/repoint", wish, key=key)
    assert (moved["moved"], moved["refused"]) == (1, [])
    undone = at.api("POST", f"{path}/undo", {"undo_id": moved["undo_id"]}, key=key)
    assert (undone["restored"], undone["refused"]) == (1, [])
    at.api("DELETE", path, key=key, query={"party": NUMBER})


def incompressible(length: int) -> str:
    """Text of which zlib makes nothing smaller than a queue message may be."""
    digests = (hashlib.sha256(str(number).encode()).digest() for number in range(length // 43 + 1))
    return "".join(base64.b85encode(digest).decode() for digest in digests)[:length]


def _long_work(at: WatchedSite, tenant: str, key: str, hook: dict[str, str]) -> None:
    """What if, and a call of the past; nothing of it is new to the org but that call."""
    path = f"/v1/tenants/{tenant}"
    event = answered_call("past", now=at.clock.now() - timedelta(days=40))
    at.api(
        "POST",
        f"{path}/activities/explain",
        {"provider": "generic", "kind": "call", "event": event},
        key=key,
    )
    line = {"provider": "generic", "source": hook["source"], "event": event}
    asked = {"settings": {"calls": {"unknown_number": "none"}}, "days": 1}
    started = [
        at.api("POST", f"{path}/backfill", line, key=key),
        at.api("POST", f"{path}/activities/simulate", asked, key=key),
    ]
    at.do_jobs()
    done = [at.api("GET", f"{path}/jobs/{job['job_id']}", key=key) for job in started]
    assert [(job["state"], job["text"]) for job in done] == [("done", "")] * 2
    assert done[0]["counts"]["logged"] == 1


def _unknown_outcome(at: WatchedSite, hook: dict[str, str]) -> None:
    at.fault("drop_after", path="/composite$")
    at.ring(hook, "unanswered")
    assert [head.state for head in at.work()] == [State.UNKNOWN]
    at.later(seconds=6)
    assert at.make_round().woken == 1


def _chats(at: WatchedSite, tenant: str, key: str) -> None:
    """Cases whose creation is not answered, with their field and without; files; a choice by hand."""
    path = f"/v1/tenants/{tenant}"
    made = {"provider": "generic", "kind": "chat"}
    hook = at.api("POST", f"{path}/hooks", made, key=key)
    actions = {"chat_ended": "contact_case", "conversation_ended": "none"}
    at.api("PATCH", f"{path}/settings", {"chats": {"actions": actions}}, key=key)
    at.later(minutes=1)
    for number, has_field in enumerate((False, True)):
        at.site.control("settings", {"external_id_field": has_field})
        at.later(days=1)  # by which the org's fields are read anew
        at.chat(hook, chat_ended(at, f"answered-{number}"))
        at.work()
        at.fault("drop_after", path="/composite$")
        at.chat(hook, chat_ended(at, f"unanswered-{number}"))
        assert [head and head.state for head in at.work()] == [State.UNKNOWN]
        at.later(seconds=6)
        at.make_round()
        at.later(minutes=20)
        at.make_round()
    at.site.control("settings", {"external_id_field": False})
    at.fault("drop_after", path="/ContentVersion$")
    long = [{"author_kind": "visitor", "text": incompressible(40_000)}]
    nowhere = [{"name": "a.png", "url": "https://127.0.0.1/a.png", "content_type": "image/png"}]
    at.chat(hook, chat_ended(at, "long", transcript=long, attachments=nowhere))
    at.work()
    for _ in range(3):
        at.later(seconds=40)
        at.make_round()
    told = chat_ended(at, "by-hand", type="conversation.ended")
    at.chat(hook, told)
    (skipped,) = at.work()
    assert skipped is not None
    choice = {"action": "case", "agent": {"email": "ann@example.com"}, "idempotency_key": "k-1"}
    at.api("POST", f"{path}/activities/{skipped.id}/apply", choice, key=key)
    assert [head and head.state for head in at.work()] == [State.LOGGED]
    _begun_anew(at, path, key, hook)


def _begun_anew(at: WatchedSite, path: str, key: str, hook: dict[str, str]) -> None:
    """A conversation that somebody begins again after its end is another activity."""
    at.api("PATCH", f"{path}/settings", {"chats": {"reopen": "new"}}, key=key)
    at.later(minutes=1)
    at.chat(hook, chat_ended(at, "anew", type="conversation.ended"))
    at.work()
    at.later(minutes=1)
    begun = {"started_at": f"{at.clock.now():%Y-%m-%dT%H:%M:%SZ}", "ended_at": None}
    at.chat(hook, chat_ended(at, "anew", type="conversation.started", **begun))
    assert [head and head.occurrence for head in at.work()] == [2]


def chat_ended(at: WatchedSite, chat_id: str, **more: object) -> dict[str, object]:
    """A generic chat of Ada's that ended 10 s ago."""
    ended = at.clock.now() - timedelta(seconds=10)
    return {
        "type": "chat.ended",
        "chat_id": chat_id,
        "visitor": {"name": "Ada Byron", "email": f"{chat_id}@example.com"},
        "ended_at": f"{ended:%Y-%m-%dT%H:%M:%SZ}",
        **more,
    }


def _dead_match(at: WatchedSite, hook: dict[str, str]) -> None:
    """The record of a cached match is deleted, so that Salesforce refuses the reference."""
    lead = at.site.load("Lead", LastName="Gone", Company="G", Phone="+14155550178")
    at.ring(hook, "before", number="+14155550178")
    at.work()
    session = {"authorization": f"Bearer {at.site.token['access_token']}"}
    _delete(f"{at.site.org.addresses.http_url}/services/data/v62.0/sobjects/Lead/{lead}", session)
    at.ring(hook, "after", number="+14155550178")
    assert [head.state for head in at.work()] == [State.LOGGED]


def _delete(url: str, headers: dict[str, str]) -> None:
    request = urllib.request.Request(url, headers=headers, method="DELETE")  # noqa: S310 - the org
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        assert answer.status == 204


def _worked_off(at: WatchedSite, call_id: str) -> list[State]:
    """The states of one call's heads: on a slow machine an earlier call's wake-up comes in between."""
    heads = [head for head in at.work() if head is not None]
    return [head.state for head in heads if head.external_id == call_id]


def _expired_session(at: WatchedSite, tenant: str, hook: dict[str, str]) -> None:
    memory = at.world.sessions.grants.memory
    memory[tenant] = replace(memory[tenant], access_token="gone")
    at.ring(hook, "renewed")
    assert _worked_off(at, "renewed") == [State.LOGGED]


def _spent_budget(at: WatchedSite, hook: dict[str, str]) -> None:
    at.fault("limit_exceeded", path="/composite$|/search")
    at.ring(hook, "unaffordable")
    assert _worked_off(at, "unaffordable") == [State.PARKED]
    at.later(minutes=10)
    assert at.make_round().looked_after == 1


def _broken_grant(at: WatchedSite, tenant: str, key: str, hook: dict[str, str]) -> None:
    at.fault("revoke", path="/services/data")
    at.ring(hook, "parked")
    assert _worked_off(at, "parked") == [State.PARKED]
    at.make_round()
    path = f"/v1/tenants/{tenant}/connection"
    at.connect(at.api("POST", path, {}, key=key)["connect_url"])
    at.later(minutes=2)
    assert at.make_round().looked_after == 1
    at.later(minutes=2)
    at.make_round()


def _own_app(at: WatchedSite, tenant: str, key: str) -> None:
    """The tenant brings an app of its own, rotates its secret, brings another, and connects through it."""
    path = f"/v1/tenants/{tenant}"
    for client_id, secret in (("own-1", "a"), ("own-1", "b"), ("own-2", "c")):
        app = {"client_id": client_id, "client_secret": secret}
        at.register_app(**app)
        at.api("PUT", f"{path}/app", app, key=key)
    at.api("GET", f"{path}/connection/preview-disconnect", key=key)
    at.connect(at.api("POST", f"{path}/connection", {}, key=key)["connect_url"])
    at.api("DELETE", f"{path}/app", key=key)


def _rested_grant(at: WatchedSite) -> None:
    at.later(days=26)
    assert at.make_round().kept_alive == 1


def _dead_letter(at: WatchedSite, tenant: str, hook: dict[str, str]) -> None:
    message = EventMessage(
        tenant=tenant,
        hook=hook["hook_id"],
        provider="generic",
        activity_kind=Kind.CALL,
        source=hook["hook_id"],
        activity_id=activity_id(tenant=tenant, source="s", external_id="dead"),
        external_id="dead",
        occurrence=1,
        event_id="e-dead",
        received_at=at.clock.now(),
        packed=pack(b"{}"),
    )
    url = at.site.env["DEAD_LETTER_QUEUE_URL"]
    at.aws.client("sqs").send_message(QueueUrl=url, MessageBody=to_json(message))
    at.make_round()
    assert at.world.books.ledger.read(tenant, message.activity_id).head.state is State.FAILED


def _refused_requests(at: WatchedSite, tenant: str) -> None:
    """What only happens beside others: a foreign claim, an expired place, a marker asked to stay."""
    _foreign_give_back(at, tenant)
    now = at.clock.now()
    for holder, starts in (("left", now - timedelta(hours=1)), ("comes", now)):
        until = starts + timedelta(minutes=1)
        assert at.world.sessions.flights.take_off(tenant, holder, cap=1, now=starts, until=until)
    item = DueItem(tenant=tenant, what="park", activity_id=None, due_at=now)
    at._caring.due_dates.postpone(item, now)
    at.aws.client("dynamodb").update_item(
        TableName=at.site.env["ACTIVITY_TABLE"],
        Key={"pk": {"S": f"T#{tenant}#PARK"}, "sk": {"S": "PARK"}},
        UpdateExpression="SET probe_at = :later",
        ExpressionAttributeValues={":later": {"N": str(int(now.timestamp() * 1000) + 60_000)}},
    )
    at._caring.due_dates.postpone(item, None)


def _foreign_give_back(at: WatchedSite, tenant: str) -> None:
    message = at.site.message("claims", event_id="e-claims")
    head = replace(new_head(message, at.world.run), tenant=tenant)
    ends = at.clock.now() + timedelta(minutes=5)
    claim = Claim(identifier=NUMBER, object_type="Lead", holder="other", fence_until=ends)
    at.world.books.ledger.commit(LedgerWrite(head=head, claims=(TakeClaim(claim=claim),)))
    mine = ReleaseClaim(claim=replace(claim, holder=head.id))
    at.world.books.ledger.commit(LedgerWrite(head=replace(head, version=2), claims=(mine,)))


def _admin_reads_and_leaves(at: WatchedSite, tenant: str, key: str) -> None:
    path = f"/v1/tenants/{tenant}"
    for activity in at.api("GET", f"{path}/activities", key=key)["items"]:
        at.api("GET", f"{path}/activities/{activity['id']}", key=key)
    at.connecting.tokens.revoke(at.site.env["SALESFORCE_LOGIN_URL"], token="none")
    at.api("DELETE", path, key=OPERATOR_KEY)
