"""A tenant's org behind the Salesforce ports, in memory, that can misbehave on command."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import RLock

from switchhook.domain.activity import RecordRef
from switchhook.domain.connection import ApiUsage, Grant, TokenPair
from switchhook.domain.crm import (
    Applied,
    FoundTask,
    NewRecord,
    Refused,
    SearchAnswer,
    WriteAnswer,
)
from switchhook.domain.decision import Candidate, OrgFacts, TaskStatus
from switchhook.domain.errors import SessionExpired, SwitchhookError
from switchhook.domain.party import PhoneNumber
from switchhook.domain.people import OrgUser
from switchhook.ports import ObjectFacts, OrgLists

ADMIN = OrgUser(id="005000000000001AAA", name="Ida Admin", email="ida@example.com")
AGENT = OrgUser(id="005000000000002AAA", name="Ann Agent", email="ann@example.com")
PREFIXES = {"Contact": "003", "Lead": "00Q", "Account": "001", "Task": "00T"}

type Behaviour = Callable[["FakeOrg", Sequence[NewRecord]], WriteAnswer]


@dataclass
class StoredRecord:
    id: str
    type: str
    fields: dict[str, str | int]
    created_at: datetime


@dataclass
class FakeOrg:
    """The ports CandidateSearch, ActivityWriter, OrgReader and TokenEndpoint over lists.

    `next_sends` and `next_reads` are taken one by one: an error is raised, a callable decides.
    `searchable` False plays an index that has not caught up. Access tokens are valid while they
    equal `good_token`.
    """

    now: Callable[[], datetime]
    records: list[StoredRecord] = field(default_factory=list)
    next_sends: list[SwitchhookError | Behaviour] = field(default_factory=list)
    next_reads: list[SwitchhookError] = field(default_factory=list)
    next_refreshes: list[SwitchhookError] = field(default_factory=list)
    searchable: bool = True
    task_key: bool = False
    sees_all_records: bool = True
    good_token: str = "access-1"
    users: tuple[OrgUser, ...] = (ADMIN, AGENT)
    calls: list[str] = field(default_factory=list)
    refreshed_with: list[str] = field(default_factory=list)
    lock: RLock = field(default_factory=RLock)

    def load(self, type_: str, **fields: str | int) -> RecordRef:
        with self.lock:
            stored = self._insert(NewRecord(ref="loaded", object_type=type_, fields=fields), {})
        return RecordRef(type=type_, id=stored.id)

    def of_type(self, type_: str) -> list[StoredRecord]:
        return [record for record in self.records if record.type == type_]

    def delete(self, record_id: str) -> None:
        self.records = [record for record in self.records if record.id != record_id]

    # CandidateSearch
    def search(self, grant: Grant, _org: OrgFacts, _numbers: Sequence[PhoneNumber]) -> SearchAnswer:
        self._read("search", grant)
        people = [r for r in self.records if r.type != "Task"] if self.searchable else []
        return SearchAnswer(
            candidates=tuple(
                Candidate(
                    record=RecordRef(type=person.type, id=person.id),
                    name=str(person.fields.get("LastName") or person.fields.get("Name")),
                    numbers=(str(person.fields.get("Phone", "")),),
                    created_at=person.created_at,
                    modified_at=person.created_at,
                )
                for person in people
            )
        )

    # ActivityWriter
    def send(self, grant: Grant, records: Sequence[NewRecord]) -> WriteAnswer:
        with self.lock:
            self.calls.append("send")
            self._check(grant)
            behaviour = self.next_sends.pop(0) if self.next_sends else None
            if isinstance(behaviour, SwitchhookError):
                raise behaviour
            if behaviour is not None:
                return behaviour(self, records)
            return self.apply(records)

    def apply(self, records: Sequence[NewRecord]) -> WriteAnswer:
        """Create all records or none, as the org would."""
        with self.lock:
            refusal = self._refusal(records)
            if refusal is not None:
                return WriteAnswer(
                    results=tuple(
                        refusal
                        if record.ref == refusal.ref
                        else Refused(
                            ref=record.ref,
                            code="PROCESSING_HALTED",
                            message="rolled back",
                            rolled_back=True,
                        )
                        for record in records
                    )
                )
            made: dict[str, str] = {}
            for record in records:
                made[record.ref] = self._insert(record, made).id
            return WriteAnswer(
                results=tuple(Applied(ref=record.ref, id=made[record.ref]) for record in records)
            )

    def _refusal(self, records: Sequence[NewRecord]) -> Refused | None:
        ids = {record.id for record in self.records}
        active = {user.id for user in self.users}
        keys = {record.fields.get("Switchhook_Key__c") for record in self.of_type("Task")} - {None}
        for record in records:
            who = record.fields.get("WhoId") or record.fields.get("WhatId")
            if who and not str(who).startswith("@{") and who not in ids:
                return Refused(
                    ref=record.ref,
                    code="INVALID_CROSS_REFERENCE_KEY",
                    message="invalid cross reference id",
                )
            if record.fields.get("OwnerId") not in active:
                return Refused(
                    ref=record.ref, code="INACTIVE_OWNER_OR_USER", message="inactive user"
                )
            if record.fields.get("Switchhook_Key__c") in keys:
                return Refused(ref=record.ref, code="DUPLICATE_VALUE", message="duplicate value")
        return None

    def _insert(self, record: NewRecord, made: dict[str, str]) -> StoredRecord:
        number = len(self.records) + 1
        fields = {
            name: made[value[2:-4]] if isinstance(value, str) and value.startswith("@{") else value
            for name, value in record.fields.items()
        }
        stored = StoredRecord(
            id=f"{PREFIXES[record.object_type]}{number:012d}AAA",
            type=record.object_type,
            fields=fields,
            created_at=self.now(),
        )
        self.records.append(stored)
        return stored

    def find_tasks(
        self, grant: Grant, keys: Sequence[str], since: datetime
    ) -> tuple[FoundTask, ...]:
        self._read("find_tasks", grant)
        with self.lock:
            return tuple(
                FoundTask(
                    key=str(task.fields["CallObject"]),
                    id=task.id,
                    who_id=_text(task.fields.get("WhoId")),
                    what_id=_text(task.fields.get("WhatId")),
                    owner_id=str(task.fields["OwnerId"]),
                )
                for task in self.of_type("Task")
                if task.fields["CallObject"] in keys and task.created_at >= since
            )

    # OrgReader
    def describe(self, grant: Grant, object_type: str) -> ObjectFacts:
        self._read(f"describe {object_type}", grant)
        key = {"Switchhook_Key__c"} if self.task_key and object_type == "Task" else set()
        return ObjectFacts(
            name=object_type,
            fields=frozenset({"Id", "Phone", *key}),
            phone_fields=() if object_type == "Task" else ("Phone",),
            unique_fields=frozenset(key),
        )

    def lists(self, grant: Grant) -> OrgLists:
        self._read("lists", grant)
        by_email: dict[str, tuple[OrgUser, ...]] = {}
        for user in self.users:
            by_email[user.email.lower()] = (*by_email.get(user.email.lower(), ()), user)
        return OrgLists(
            facts=OrgFacts(
                task_statuses=(
                    TaskStatus(api_name="Not Started", is_closed=False, is_default=True),
                    TaskStatus(api_name="In Progress", is_closed=False),
                    TaskStatus(api_name="Completed", is_closed=True),
                ),
                users_by_email=by_email,
                user_ids=frozenset(user.id for user in self.users),
                connecting_user=ADMIN,
                sees_all_records=self.sees_all_records,
            )
        )

    def usage(self, grant: Grant) -> ApiUsage:
        self._read("usage", grant)
        return ApiUsage(used=10, limit=15000)

    # TokenEndpoint
    def refresh(self, _login_url: str, *, refresh_token: str) -> TokenPair:
        with self.lock:
            self.refreshed_with.append(refresh_token)
            if self.next_refreshes:
                raise self.next_refreshes.pop(0)
            number = len(self.refreshed_with) + 1
            self.good_token = f"access-{number}"
            return TokenPair(
                access_token=self.good_token,
                refresh_token=f"refresh-{number}",
                instance_url="https://org.my.salesforce.com",
                identity_url="https://login.salesforce.com/id/00D/005",
            )

    def _read(self, what: str, grant: Grant) -> None:
        with self.lock:
            self.calls.append(what)
            self._check(grant)
            if self.next_reads:
                raise self.next_reads.pop(0)

    def _check(self, grant: Grant) -> None:
        if grant.access_token != self.good_token:
            raise SessionExpired("Session expired or invalid")


def _text(value: str | int | None) -> str | None:
    return None if value is None else str(value)


def refuse(code: str, message: str = "no", ref: str = "task1") -> Behaviour:
    """Salesforce refuses one record of the next request with this code."""

    def behave(_org: FakeOrg, records: Sequence[NewRecord]) -> WriteAnswer:
        return WriteAnswer(
            results=tuple(
                Refused(
                    ref=record.ref,
                    code=code if record.ref == ref else "PROCESSING_HALTED",
                    message=message,
                    rolled_back=record.ref != ref,
                )
                for record in records
            )
        )

    return behave


def commit_then(error: SwitchhookError) -> Behaviour:
    """The next request is applied, but its answer is lost."""

    def behave(org: FakeOrg, records: Sequence[NewRecord]) -> WriteAnswer:
        org.apply(records)
        raise error

    return behave


@dataclass
class LateCommit:
    """A request whose answer is lost and that the org applies only later: call `land`."""

    error: SwitchhookError
    held: Sequence[NewRecord] = ()
    org: FakeOrg | None = None

    def __call__(self, org: FakeOrg, records: Sequence[NewRecord]) -> WriteAnswer:
        self.org, self.held = org, records
        raise self.error

    def land(self) -> WriteAnswer:
        assert self.org is not None
        return self.org.apply(self.held)


@dataclass
class SteadyClock:
    """A clock that only the test moves."""

    at: datetime
    left_s: float = 60.0

    def now(self) -> datetime:
        return self.at

    def remaining_s(self) -> float:
        return self.left_s

    def forward(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
