"""The same twenty calls under the presets of five products: who of them logs what, where, for whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from local.demo_bodies import call_ended, conference
from local.office import Hook, Office
from local.state import State
from local.table import table

LEGEND = """\
record > owner; - (rule): not logged; installer: the user who connected Salesforce.
Ada and Kurt are contacts (Kurt is a lead too), Alan is a lead of Carol's, Jacquard an account; Grace is
two leads: the old one was changed last, the new one was made last."""

PRESETS = ("xbees", "xbees_partner_community", "aircall", "cloudcx", "leadx")
"""Of those that make leads the last, so that each finds the org as the first found it."""

AGENTS = {"Ann Agent": "ann.presets", "Bob Baker": "bob.presets", "Carol Cook": "carol.presets"}
INSTALLER = "installer"


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetCall:
    """One call and what becomes of it: `usual` under each preset that `unlike` does not name.

    An outcome is "record > owner", several of them for a conference, or the rule of a skip.
    """

    story: str
    body: Mapping[str, Any]
    usual: str
    unlike: Mapping[str, str] = field(default_factory=dict)

    def expected(self, preset: str) -> str:
        """What should become of it under a preset."""
        return self.unlike.get(preset, self.usual)


def preset_calls() -> tuple[PresetCall, ...]:
    """The twenty calls, all ended a moment ago."""
    return (*_plain_calls(), *_short_calls(), *_unknown_callers(), *_several_records())


def _plain_calls() -> tuple[PresetCall, ...]:
    return (
        PresetCall(story="Ada, a contact, calls; Ann answers",
                   body=call_ended("+1 415 555 0210", agent="ann.presets", talk_s=180),
                   usual="Ada > Ann"),
        PresetCall(story="Ann calls Ada back",
                   body=call_ended("(415) 555-0210", agent="ann.presets", talk_s=61,
                                   direction="outbound"),
                   usual="Ada > Ann"),
        PresetCall(story="Ada calls and nobody is there",
                   body=call_ended("+14155550210", outcome="missed"),
                   usual="Ada > installer"),
        PresetCall(story="Ada leaves a voicemail for Bob",
                   body=call_ended("+14155550210", agent="bob.presets", outcome="voicemail"),
                   usual="Ada > Bob"),
        PresetCall(story="Bob calls Ada, who does not answer",
                   body=call_ended("415-555-0210", agent="bob.presets", outcome="unanswered",
                                   direction="outbound"),
                   usual="Ada > Bob"),
        PresetCall(story="a company calls from its switchboard",
                   body=call_ended("+1 415 555 0212", agent="bob.presets", talk_s=40),
                   usual="Jacquard > Bob"),
        PresetCall(story="a temp unknown to Salesforce takes Ada's call",
                   body=call_ended("+1 415 555 0210", agent="temp.presets", talk_s=33),
                   usual="Ada > installer"),
        PresetCall(story="Ada's call goes from Ann to Bob",
                   body=call_ended("+1 415 555 0210", agent="bob.presets", talk_s=300,
                                   transfers=[("ann.presets", "bob.presets")]),
                   usual="Ada > Bob"),
        PresetCall(story="Ann calls Bob",
                   body=call_ended("+1 415 555 0299", agent="ann.presets", talk_s=20,
                                   direction="internal"),
                   usual="XB-17"),
    )  # fmt: skip


def _short_calls() -> tuple[PresetCall, ...]:
    return (
        PresetCall(story="Bob dials Ada and hangs up after 2 s",
                   body=call_ended("+1 415 555 0210", agent="bob.presets", outcome="canceled",
                                   direction="outbound", lasted_s=2),
                   usual="XB-16",
                   unlike={"xbees_partner_community": "PC-5",
                           "aircall": "Ada > Bob"}),
        PresetCall(story="Bob dials Ada and hangs up after 5 s",
                   body=call_ended("+1 415 555 0210", agent="bob.presets", outcome="canceled",
                                   direction="outbound", lasted_s=5),
                   usual="Ada > Bob"),
        PresetCall(story="Ada hangs up after 3 s of ringing",
                   body=call_ended("+1 415 555 0210", agent="bob.presets", outcome="canceled",
                                   lasted_s=3),
                   usual="Ada > Bob", unlike={"xbees_partner_community": "PC-5"}),
        PresetCall(story="Ada and Ann talk for 4 s",
                   body=call_ended("+1 415 555 0210", agent="ann.presets", talk_s=4),
                   usual="Ada > Ann", unlike={"xbees_partner_community": "PC-5"}),
    )  # fmt: skip


def _unknown_callers() -> tuple[PresetCall, ...]:
    return (
        PresetCall(story="a number calls that nobody knows",
                   body=call_ended("+1 415 555 0277", agent="ann.presets", talk_s=45,
                                   name="Mary Somerville"),
                   usual="XB-15", unlike={"leadx": "new Lead > Ann"}),
        PresetCall(story="Ann calls a number that nobody knows",
                   body=call_ended("+1 415 555 0278", agent="ann.presets", talk_s=30,
                                   direction="outbound", name="Emmy Noether"),
                   usual="XB-15", unlike={"leadx": "new Lead > Ann"}),
        PresetCall(story="a withheld number calls",
                   body=call_ended(None, agent="ann.presets", talk_s=50),
                   usual="XB-15"),
    )  # fmt: skip


def _several_records() -> tuple[PresetCall, ...]:
    newest = "Grace (new) > Ann"
    return (
        PresetCall(story="Grace calls, who is two leads",
                   body=call_ended("+44 20 7946 0118", agent="ann.presets", talk_s=77),
                   usual="Grace (old) > Ann",
                   unlike={"xbees": newest, "xbees_partner_community": newest}),
        PresetCall(story="Kurt calls, who is a contact and a lead",
                   body=call_ended("+43 1 234567890", agent="bob.presets", talk_s=77),
                   usual="Kurt > Bob"),
        PresetCall(story="Ann confers with Ada, Alan and Carol",
                   body=conference("ann.presets", ["+14155550210", "+14155550211"],
                                   also=["carol.presets"]),
                   usual="Ada > Ann + Alan > Ann",
                   unlike={"xbees_partner_community":
                           "Ada > Ann + Alan > Carol"}),
        PresetCall(story="Ann confers with Ada and Alan",
                   body=conference("ann.presets", ["+14155550210", "+14155550211"]),
                   usual="Ada > Ann + Alan > Ann",
                   unlike={"xbees_partner_community":
                           "Ada > Ann + Alan > installer"}),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetDay:
    """What became of each call under each preset."""

    outcomes: Mapping[str, Sequence[str]]
    wrong: Sequence[str]

    def as_table(self) -> str:
        """One row a call, one column a preset."""
        rows = []
        for place, call in enumerate(preset_calls()):
            cells = [self.outcomes[preset][place] for preset in PRESETS]
            rows.append((f"{place + 1:>2} {call.story}", *map(_readable, cells)))
        return table(("call", *PRESETS), rows)


def _readable(outcome: str) -> str:
    return outcome if ">" in outcome else f"- ({outcome})"


def fill_org(office: Office) -> dict[str, str]:
    """Puts the agents and everybody who calls into the org; returns names by id."""
    names = {}
    for name, address in AGENTS.items():
        first, last = name.split()
        email = f"{address}@example.com"
        user = office.load(
            "User", FirstName=first, LastName=last, Email=email, Username=email, IsActive=True
        )
        names[user] = first
    carol = next(user for user, name in names.items() if name == "Carol")
    for name, type_, fields in _records(carol):
        names[office.load(type_, **fields)] = name
    return names


def _records(carol: str) -> tuple[tuple[str, str, dict[str, str]], ...]:
    grace = {"FirstName": "Grace", "LastName": "Hopper", "Company": "Navy"}
    return (
        ("Ada", "Contact",
         {"FirstName": "Ada", "LastName": "Byron", "Phone": "(415) 555-0210"}),
        ("Alan", "Lead",
         {"FirstName": "Alan", "LastName": "Turing", "Company": "Bletchley",
          "Phone": "415.555.0211", "OwnerId": carol}),
        ("Jacquard", "Account", {"Name": "Jacquard Looms", "Phone": "1-415-555-0212"}),
        ("Grace (old)", "Lead",
         {**grace, "Phone": "+44 20 7946 0118", "CreatedDate": "2026-01-05T09:00:00Z",
          "LastModifiedDate": "2026-11-10T09:00:00Z"}),
        ("Grace (new)", "Lead",
         {**grace, "MobilePhone": "020 7946 0118", "CreatedDate": "2026-06-05T09:00:00Z",
          "LastModifiedDate": "2026-07-10T09:00:00Z"}),
        ("Kurt", "Contact",
         {"FirstName": "Kurt", "LastName": "Goedel", "Phone": "+43 (1) 234567890"}),
        ("Kurt (lead)", "Lead",
         {"FirstName": "Kurt", "LastName": "Goedel", "Company": "Universitaet",
          "Phone": "0043 1 234567890"}),
    )  # fmt: skip


def play(state: State, names: Mapping[str, str]) -> PresetDay:
    """Posts the twenty calls to one tenant of each preset and reads what became of them."""
    outcomes: dict[str, Sequence[str]] = {}
    wrong = []
    for preset in PRESETS:
        outcomes[preset] = _play_one(state, preset, names)
        for call, outcome in zip(preset_calls(), outcomes[preset], strict=True):
            if outcome != call.expected(preset):
                wrong.append(f"{preset}: {call.story}: {outcome}, not {call.expected(preset)}")
    return PresetDay(outcomes=outcomes, wrong=wrong)


def _play_one(state: State, preset: str, names: Mapping[str, str]) -> list[str]:
    office = Office(state, name=f"Presets Ltd ({preset})", preset=preset)
    office.connect(username=office.new_admin())
    installer = office.call("GET", "/connection")["salesforce"]["user"]["id"]
    hook: Hook = office.add_hook("generic")
    sent = [office.accepted(hook, dict(call.body)) for call in preset_calls()]
    known = {**names, installer: INSTALLER}
    return [_outcome(office.settled(activity), known) for activity in sent]


def _outcome(activity: Mapping[str, Any], names: Mapping[str, str]) -> str:
    if not activity["slots"]:
        return str(activity["rule"] or activity["state"])
    return " + ".join(sorted(_where(slot, names) for slot in activity["slots"]))


def _where(slot: Mapping[str, Any], names: Mapping[str, str]) -> str:
    owner = names.get(slot["owner"]["id"], slot["owner"]["id"])
    made = slot.get("created_person")
    if made:
        return f"new {made['type']} > {owner}"
    return f"{names.get(slot['record']['id'], slot['record']['id'])} > {owner}"
