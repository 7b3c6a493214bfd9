"""The whole product on one machine: connects a tenant, posts real-format webhooks, shows what was logged.

`ONCE=1` ends by itself, with exit code 0 only if every expected record is in the org.
"""

import os
import sys
import time
from dataclasses import dataclass
from typing import Any

from local import cloud, demo_chats, demo_presets
from local.demo_bodies import AIRCALL_TOKEN, OWN_NUMBER
from local.demo_calls import AGENTS, PEOPLE, DemoCall, demo_calls
from local.office import Hook, Office
from local.processes import LocalCloudError
from local.progress import Progress, progress_on_stderr
from local.state import State
from local.table import table


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One call of the demo with what became of it."""

    call: DemoCall
    activity: dict[str, Any]
    owner: str
    as_expected: bool


def main() -> int:
    """Runs the demo; returns the exit code."""
    once = os.environ.get("ONCE", "") not in ("", "0")
    port = os.environ.get("PORT")
    progress = progress_on_stderr()
    was_running = cloud.find_running() is not None
    try:
        state = cloud.up(progress, port=int(port) if port else None)
        good = _show(state, progress)
        if not once:
            _stay(state)
    except LocalCloudError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopping", file=sys.stderr)
        good = True
    finally:
        if not was_running:
            cloud.down()
    return 0 if good else 1


def _show(state: State, progress: Progress) -> bool:
    progress("creating a tenant (preset standard, unknown numbers become leads)")
    office = Office(state, name="Demo Ltd", settings={"calls": {"unknown_number": "lead"}})
    progress("filling the simulated org: two agents, two contacts, a lead, a company")
    office.control("POST", "/_org/reset")
    names = _fill(office)
    office.call("PUT", "/people", {"agents": [], "own_numbers": [OWN_NUMBER]})
    progress("connecting Salesforce through its login and consent pages")
    office.connect()
    connected = office.call("GET", "/connection")
    account = connected["salesforce"]["user"]
    progress(f"connected as {account['name']} in org {connected['salesforce']['org_id']}")
    hooks = {
        "aircall": office.add_hook("aircall", secret=AIRCALL_TOKEN),
        "generic": office.add_hook("generic"),
    }
    progress("posting webhooks as Aircall and a generic PBX send them")
    shown = _play(office, hooks, names | {account["id"]: "(connecting user)"})
    print(_as_table(shown))
    in_org = office.query("SELECT Id, CallObject FROM Task")
    leads = office.query("SELECT Id FROM Lead")
    expected = sum(one.call.state == "logged" and not one.call.repeated for one in shown)
    print(
        f"\nIn the org now: {len(in_org)} tasks, {expected} were to be logged; {len(leads)} leads."
    )
    _explain(shown[0].activity)
    good = len(in_org) == expected and all(one.as_expected for one in shown)
    return _show_side_by_side(state, office, progress) and good


def _show_side_by_side(state: State, office: Office, progress: Progress) -> bool:
    calls = len(demo_presets.preset_calls())
    progress(f"posting the same {calls} calls to a tenant of each of five presets")
    names = demo_presets.fill_org(office)
    day = demo_presets.play(state, names)
    print(
        f"\nThe same {calls} calls under five presets:\n\n{day.as_table()}\n\n{demo_presets.LEGEND}"
    )
    chats = len(demo_chats.demo_chats())
    progress(f"posting the same {chats} chats to a sales and a support team")
    chatted = demo_chats.play(state, names)
    print(f"\nThe same {chats} chats of a sales and a support team:\n\n{chatted.as_table()}")
    for line in (*day.wrong, *chatted.wrong):
        print(f"NOT AS EXPECTED: {line}")
    return not day.wrong and not chatted.wrong


def _fill(office: Office) -> dict[str, str]:
    names = {}
    for agent in AGENTS:
        user = office.load("User", **agent, Username=f"{agent['Email']}.demo", IsActive=True)
        names[user] = f"{agent['FirstName']} {agent['LastName']}"
    for type_, fields in PEOPLE:
        office.load(type_, **fields)
    return names


def _play(office: Office, hooks: dict[str, Hook], names: dict[str, str]) -> list[Shown]:
    shown = []
    for call in demo_calls():
        activity = office.settled(office.accepted(hooks[call.provider], call.body))
        shown.append(_judged(call, activity, names))
    return shown


def _judged(call: DemoCall, activity: dict[str, Any], names: dict[str, str]) -> Shown:
    slot = activity["slots"][0] if activity["slots"] else None
    owner = names.get(slot["owner"]["id"], slot["owner"]["id"]) if slot else ""
    record = slot["record"]["type"] if slot and slot["record"] else None
    if slot and record is None and slot.get("created_person"):
        record = slot["created_person"]["type"]
    good = (
        activity["state"] == call.state
        and (call.rule is None or activity["rule"] == call.rule)
        and (call.record is None or record == call.record)
        and (call.owner is None or owner == call.owner)
    )
    return Shown(call=call, activity=activity, owner=owner, as_expected=good)


def _as_table(shown: list[Shown]) -> str:
    rows = []
    for one in shown:
        slot = one.activity["slots"][0] if one.activity["slots"] else None
        reference = (slot.get("created_person") or slot["record"]) if slot else None
        where = f"{reference['type']} {reference['id']}" if reference else "-"
        made = " (new)" if slot and slot.get("created_person") else ""
        rules = ", ".join(slot["rules"]) if slot else one.activity["rule"]
        rows.append(
            (
                one.call.story,
                one.call.provider,
                where + made,
                one.owner or "-",
                one.activity["state"],
                rules,
                "ok" if one.as_expected else "NOT AS EXPECTED",
            )
        )
    heads = ("call", "sent by", "record", "owner", "status", "rules", "")
    return table(heads, rows)


def _explain(activity: dict[str, Any]) -> None:
    print(f"\nWhy the first call went where it went (activity {activity['id']}):")
    for step in activity["explanation"]:
        print(f"  {step['rule']:<6} {step['text']}")


def _stay(state: State) -> None:
    print(
        f"\nThe API answers at {state.api} (operator key {state.operator_key}).\n"
        f"The simulated org: {state.salesforce.login_url}, user {state.salesforce.username},"
        f" password {state.salesforce.password}, control plane {state.salesforce.control_url}.\n"
        "Ctrl-C stops everything."
    )
    while True:
        time.sleep(1)


if __name__ == "__main__":
    sys.exit(main())
