"""Breaks rules one at a time in a copy of the project and counts how many breaks the tests notice.

`python -m bench.mutations [NAME ...]` runs all, or those whose names hold one of the words. A break that
no test notices is printed as SURVIVED, and the exit code is 1.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = Path("layers/switchhook/switchhook")
TESTS = ("tests/unit/domain", "tests/unit/usecases", "tests/property")
LIMIT_S = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """One rule undone: `before` stands once in the file and is replaced."""

    rule: str
    what: str
    file: str
    before: str
    after: str


def mutations() -> tuple[Mutation, ...]:
    """Every break there is."""
    return tuple(
        Mutation(rule=rule, what=what, file=file, before=before, after=after)
        for rule, what, file, before, after in (
            ("XB-16", "exactly 5 s is short", "domain/calls/screening.py",
             "(call.ended_at - call.started_at).total_seconds() < limit_s",
             "(call.ended_at - call.started_at).total_seconds() <= limit_s"),
            ("PC-5", "exactly 5 s of talk is short", "domain/calls/screening.py",
             "talk_time_s(call) < limit_s", "talk_time_s(call) <= limit_s"),
            ("XB-16", "inbound calls given up are short too", "domain/calls/screening.py",
             "was_canceled and call.direction is not Direction.INBOUND", "was_canceled"),
            ("X-10", "short calls are judged by type first", "domain/calls/screening.py",
             "return _short_call(call, settings) or _chosen(call, settings, outside)",
             "return _chosen(call, settings, outside)"),
            ("XB-17", "internal domains are outside", "domain/calls/screening.py",
             'address in own or address.rpartition("@")[2] in people.internal_domains',
             "address in own"),
            ("XB-15", "a withheld number is internal", "domain/calls/screening.py",
             'return all((end.number or "") in known', 'return True or all((end.number or "") in known'),
            ("AC-3", "a voicemail link does not make a voicemail", "domain/calls/screening.py",
             "if call.outcome is Outcome.VOICEMAIL or call.voicemail_url:",
             "if call.outcome is Outcome.VOICEMAIL:"),
            ("AC-6", "types set to nothing are logged", "domain/calls/screening.py",
             "if log_as is LogAs.NONE:", "if log_as is None:"),
            ("AC-7", "closed numbers are logged", "domain/calls/screening.py",
             "if not is_open(own, began, *zones):", "if not own:"),
            ("AC-8", "closing time is open", "domain/local_time.py",
             "clock < span.closes", "clock <= span.closes"),
            ("AC-7", "holidays are open", "domain/local_time.py",
             "if local.date() in hours.holidays:", "if local.date() is hours.holidays:"),
            ("AC-16", "priority upside down", "domain/matching/choosing.py",
             "kind = min((kind for kind in kinds.values() if kind), key=tie",
             "kind = max((kind for kind in kinds.values() if kind), key=tie"),
            ("AC-16", "converted leads are taken", "domain/matching/choosing.py",
             "living = [one for one in pool if not one.candidate.is_converted]", "living = pool"),
            ("X-9", "a pin is one record among others", "domain/matching/choosing.py",
             "    if pinned:\n", "    if pinned and not usable:\n"),
            ("AC-17", "the record changed first is taken", "domain/matching/choosing.py",
             "newest = max(one.modified_at", "newest = min(one.modified_at"),
            ("XB-18", "the oldest lead is taken", "domain/matching/choosing.py",
             "return max(records, key=lambda one: (one.created_at or LONG_AGO",
             "return min(records, key=lambda one: (one.created_at or LONG_AGO"),
            ("XB-19", "leads from before the installation count as after", "domain/matching/choosing.py",
             "one.created_at >= installed_at", "one.created_at <= installed_at"),
            ("CX-59", "the user who logged in first", "domain/ownership.py",
             "newest = max(user.last_login_at", "newest = min(user.last_login_at"),
            ("AC-27", "e-mails in capitals are unknown", "domain/ownership.py",
             'email = (known_agent(agent, people).email or "").lower()\n    with_email',
             'email = known_agent(agent, people).email or ""\n    with_email'),
            ("XB-4", "the tenant's fallback user is passed over", "domain/ownership.py",
             'if chosen is not None and chosen not in avoid_users:\n        text = f"{why}',
             'if chosen is None and chosen not in avoid_users:\n        text = f"{why}'),
            ("PC-18", "a lead's owner need not take part", "domain/calls/places.py",
             "and _took_part(lead_owner, inputs)", ""),
            ("PC-19", "installer and host exchanged", "domain/calls/places.py",
             "is ConferenceElse.HOST", "is not ConferenceElse.HOST"),
            ("PC-14", "contacts go to the lead's owner too", "domain/calls/places.py",
             'or candidate.record.type != "Lead"', ""),
            ("PC-15", "nobody is named for a fallback owner", "domain/calls/decide.py",
             "created_by=agent if is_named and stands_in(owner, host) else None",
             "created_by=None"),
            ("PC-17", "one Task for each number of a person", "domain/calls/decide.py",
             "by_record.setdefault(record_id, [])",
             "by_record.setdefault(choice.party.key, [])"),
            ("AC-10", "person accounts are always the What", "domain/calls/decide.py",
             "candidate.person_contact_id and person_account_who", "candidate.person_contact_id and False"),
            ("AC-18", "the Case changed first is taken", "domain/calls/places.py",
             "newest = max(one.modified_at for one in opened)",
             "newest = min(one.modified_at for one in opened)"),
            ("AC-14", "leads get Cases too", "domain/calls/places.py",
             "    if not _is_contact(match):\n", "    if match is None:\n"),
            ("AC-20", "Opportunities are made", "domain/calls/places.py",
             'if wanted == "Opportunity":', 'if wanted == "Nothing":'),
            ("AC-13", "Cases are made unasked", "domain/calls/places.py",
             "if not (inputs.settings.calls.create_case and inputs.may_make_case):", "if wanted is None:"),
            ("AC-5", "open and closed exchanged", "domain/calls/text.py",
             "is_closed = log_as is not LogAs.IN_PROGRESS",
             "is_closed = log_as is LogAs.IN_PROGRESS"),
            ("AC-23", "the wait is not told", "domain/calls/text.py",
             '("Waiting time",', '("",'),
            ("SH-1", "all slots of a call share a key", "domain/activity.py",
             "named = json.dumps([activity, kind.value, number])",
             "named = json.dumps([activity, kind.value])"),
            ("AC-9", "a new person has no number", "domain/ownership.py",
             '"Phone": party.key', '"Phone": ""'),
            ("SH-5", "a provider's later word loses", "domain/calls/merging.py",
             "ordered = sorted(first_copies.values(), key=_rank)",
             "ordered = sorted(first_copies.values(), key=_rank, reverse=True)"),
        )
    )  # fmt: skip


def main(words: list[str]) -> int:
    """Runs the mutations; returns how the program ends."""
    chosen = [one for one in mutations() if not words or any(w in _name(one) for w in words)]
    with tempfile.TemporaryDirectory() as folder:
        copy = _copied(Path(folder))
        if not _passes(copy):
            print("The tests fail without any mutation; nothing can be learnt.")
            return 1
        survivors = [one for one in chosen if not _is_caught(one, copy)]
    print(f"{len(chosen) - len(survivors)} of {len(chosen)} mutations were caught.")
    return 1 if survivors else 0


def _copied(folder: Path) -> Path:
    names = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.splitlines()  # fmt: skip
    for name in names:
        if (ROOT / name).is_file():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, target)
    return folder


def _is_caught(one: Mutation, copy: Path) -> bool:
    path = copy / PACKAGE / one.file
    whole = path.read_text(encoding="utf-8")
    if whole.count(one.before) != 1:
        print(f"{_name(one)}: the text to change stands {whole.count(one.before)} times")
        return False
    path.write_text(whole.replace(one.before, one.after), encoding="utf-8")
    began = time.monotonic()
    caught = not _passes(copy)
    path.write_text(whole, encoding="utf-8")
    print(
        f"{'caught' if caught else 'SURVIVED':<9} {_name(one)} ({time.monotonic() - began:.0f} s)"
    )
    return caught


def _passes(copy: Path) -> bool:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-x",
        "-q",
        "-n",
        "2",
        "-p",
        "no:cacheprovider",
        *TESTS,
    ]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        command, cwd=copy, check=False, capture_output=True, timeout=LIMIT_S, env=environment
    )
    return done.returncode == 0


def _name(one: Mutation) -> str:
    return f"{one.rule} {one.what}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
