"""The demo's day in an office: who is in Salesforce, who calls, and what should become of each call."""

from dataclasses import dataclass
from typing import Any

from local.demo_bodies import OWN_NUMBER, aircall_ended, call_ended

AGENTS = (
    {"FirstName": "Ann", "LastName": "Agent", "Email": "ann@example.com"},
    {"FirstName": "Bob", "LastName": "Baker", "Email": "bob@example.com"},
)

PEOPLE = (
    ("Contact", {"FirstName": "Ada", "LastName": "Byron", "Phone": "(415) 555-0100"}),
    ("Contact", {"FirstName": "Grace", "LastName": "Hopper", "MobilePhone": "+44 20 7946 0018"}),
    ("Lead", {"FirstName": "Alan", "LastName": "Turing", "Company": "Bletchley",
              "Phone": "415.555.0101"}),
    ("Account", {"Name": "Analytical Engines Ltd", "Phone": "1-415-555-0102"}),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCall:
    """One webhook and what it should lead to: a state, a record type, an owner, a rule."""

    story: str
    provider: str
    body: dict[str, Any]
    state: str
    record: str | None = None
    owner: str | None = None
    rule: str | None = None
    repeated: bool = False


def demo_calls() -> tuple[DemoCall, ...]:
    """The calls of the demo, all ended a moment ago."""
    first = aircall_ended(direction="inbound", number="+1 415-555-0100", agent="ann", talk_s=180)
    return (
        DemoCall(story="Ada calls, Ann answers", provider="aircall", body=first,
                 state="logged", record="Contact", owner="Ann Agent"),
        DemoCall(story="the same webhook again", provider="aircall", body=first,
                 state="logged", record="Contact", owner="Ann Agent", repeated=True),
        DemoCall(story="Grace calls from London, nobody answers", provider="aircall",
                 body=aircall_ended(direction="inbound", number="+44 20 7946 0018"),
                 state="logged", record="Contact", owner="(connecting user)"),
        DemoCall(story="Ann calls Alan, a lead", provider="aircall",
                 body=aircall_ended(direction="outbound", number="+1 415-555-0101",
                                    agent="ann", talk_s=60),
                 state="logged", record="Lead", owner="Ann Agent"),
        DemoCall(story="a company's switchboard calls Bob", provider="generic",
                 body=call_ended("+1 (415) 555-0102", agent="bob", talk_s=95),
                 state="logged", record="Account", owner="Bob Baker"),
        DemoCall(story="an unknown number calls Bob", provider="generic",
                 body=call_ended("+1 415 555 0177", agent="bob", talk_s=30,
                                 name="Mary Somerville"),
                 state="logged", record="Lead", owner="Bob Baker"),
        DemoCall(story="Ann calls a colleague", provider="generic",
                 body=call_ended(OWN_NUMBER, agent="ann", talk_s=20, direction="internal"),
                 state="skipped", rule="XB-17"),
        DemoCall(story="Bob hangs up after two seconds", provider="generic",
                 body=call_ended("+1 415 555 0100", agent="bob", direction="outbound",
                                 outcome="canceled", lasted_s=2),
                 state="skipped", rule="XB-16"),
        DemoCall(story="a withheld number calls", provider="generic",
                 body=call_ended(None, agent="bob", talk_s=40),
                 state="skipped", rule="XB-15"),
    )  # fmt: skip
