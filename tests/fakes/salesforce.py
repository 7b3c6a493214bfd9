"""A tenant's org behind the Salesforce ports, in memory, that can misbehave on command."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import RLock

from switchhook.domain.activity import RecordRef
from switchhook.domain.connection import ApiUsage, Grant, OwnApp, TokenPair
from switchhook.domain.crm import (
    Applied,
    CasePage,
    FoundCase,
    FoundTask,
    NewRecord,
    OrgRules,
    Refused,
    SearchAnswer,
    WriteAnswer,
)
from switchhook.domain.decision import Candidate, OpenRelated, OrgFacts, TaskStatus
from switchhook.domain.errors import Permanent, SessionExpired, SwitchhookError
from switchhook.domain.facts.fields import STANDARD_FIELDS, FieldFacts
from switchhook.domain.facts.people import OrgUser, Party
from switchhook.domain.settings.schema import AttachTo, MatchingSettings
from switchhook.domain.writing.slots import key_in
from switchhook.ports.org import ObjectFacts, OrgLists, RelatedAnswer, StoredTask, TaskMove

ADMIN = OrgUser(id="005000000000001AAA", name="Ida Admin", email="ida@example.com")
AGENT = OrgUser(id="005000000000002AAA", name="Ann Agent", email="ann@example.com")
PREFIXES = {
    "Contact": "003",
    "Lead": "00Q",
    "Account": "001",
    "Task": "00T",
    "Case": "500",
    "Opportunity": "006",
}
PEOPLE = ("Account", "Contact", "Lead")

type Surprise = Callable[["FakeOrg"], None]
type Behaviour = Callable[["FakeOrg", Sequence[NewRecord]], WriteAnswer]


@dataclass
class StoredRecord:
    id: str
    type: str
    fields: dict[str, str | int]
    created_at: datetime
    modified_at: datetime


@dataclass
class FakeOrg:
    """The ports CandidateSearch, OrgRecords, OrgWriter, OrgMetadata and TokenEndpoint over lists.

    `next_sends` and `next_reads` are taken one by one: an error is raised, a callable decides;
    `next_related` is for `open_related` alone, and what `next_updates` holds comes before the change of
    a record, what `lost_answers` holds in the place of its answer. `changes` are the fields of each
    that was made. `became` says what deleted records were merged into.
    `sent_rules` are the rules of each request to write. A Case or Opportunity is open while its field
    `closed` is not set.
    `own_fields` are, by object, those that a describe shows beside the usual ones.
    `next_facts` are errors of `facts` alone. What `next_moves` holds comes before Tasks are moved: an
    error is raised, a callable runs, or gives the error to be raised after the move has landed.
    `searchable` False plays an index that has not caught up. Access tokens are valid while they
    equal `good_token`.
    """

    now: Callable[[], datetime]
    records: list[StoredRecord] = field(default_factory=list)
    next_sends: list[SwitchhookError | Behaviour] = field(default_factory=list)
    next_reads: list[SwitchhookError] = field(default_factory=list)
    next_refreshes: list[SwitchhookError] = field(default_factory=list)
    next_related: list[SwitchhookError] = field(default_factory=list)
    next_updates: list[BaseException | Surprise] = field(default_factory=list)
    lost_answers: list[SwitchhookError] = field(default_factory=list)
    next_facts: list[SwitchhookError] = field(default_factory=list)
    next_moves: list[SwitchhookError | Callable[[], SwitchhookError | None]] = field(
        default_factory=list
    )
    became: dict[str, RecordRef] = field(default_factory=dict)
    sent_rules: list[OrgRules] = field(default_factory=list)
    changes: list[dict[str, str | int]] = field(default_factory=list)
    own_fields: dict[str, dict[str, FieldFacts]] = field(default_factory=dict)
    searchable: bool = True
    task_key: bool = False
    case_key: bool = False
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
    def search(
        self, grant: Grant, _org: OrgFacts, _parties: Sequence[Party], _matching: MatchingSettings
    ) -> SearchAnswer:
        self._read("search", grant)
        people = [r for r in self.records if r.type in PEOPLE] if self.searchable else []
        return SearchAnswer(
            candidates=tuple(
                Candidate(
                    record=RecordRef(type=person.type, id=person.id),
                    name=str(person.fields.get("LastName") or person.fields.get("Name")),
                    email=_text(person.fields.get("Email")),
                    numbers=(str(person.fields.get("Phone", "")),),
                    created_at=person.created_at,
                    modified_at=person.created_at,
                )
                for person in people
            )
        )

    # OrgWriter
    def send(self, grant: Grant, records: Sequence[NewRecord], rules: OrgRules) -> WriteAnswer:
        with self.lock:
            self.calls.append("send")
            self.sent_rules.append(rules)
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
        keys = {
            (record.type, record.fields["Switchhook_Key__c"])
            for record in self.records
            if "Switchhook_Key__c" in record.fields
        }
        for record in records:
            named = {record.fields.get(name) for name in ("WhoId", "WhatId", "ContactId")} - {None}
            if any(not str(one).startswith("@{") and one not in ids for one in named):
                return Refused(
                    ref=record.ref,
                    code="INVALID_CROSS_REFERENCE_KEY",
                    message="invalid cross reference id",
                )
            if record.fields.get("OwnerId") not in active:
                return Refused(
                    ref=record.ref, code="INACTIVE_OWNER_OR_USER", message="inactive user"
                )
            if (record.object_type, record.fields.get("Switchhook_Key__c")) in keys:
                words = "duplicate value found: Switchhook_Key__c"
                return Refused(ref=record.ref, code="DUPLICATE_VALUE", message=words)
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
            modified_at=self.now(),
        )
        self.records.append(stored)
        return stored

    def update(
        self,
        grant: Grant,
        record: RecordRef,
        fields: Mapping[str, str | int],
        *,
        unmodified_since: datetime,
    ) -> bool:
        with self.lock:
            self.calls.append("update the Task")
            self._check(grant)
            trouble = self.next_updates.pop(0) if self.next_updates else None
            if isinstance(trouble, BaseException):
                raise trouble
            if trouble is not None:
                trouble(self)
            is_changed = self.change(record.id, fields, unmodified_since=unmodified_since)
            if self.lost_answers:
                raise self.lost_answers.pop(0)
            return is_changed

    def change(
        self,
        record_id: str,
        fields: Mapping[str, str | int],
        *,
        unmodified_since: datetime | None = None,
    ) -> bool:
        """Change a record as the org does, which compares whole seconds."""
        with self.lock:
            (stored,) = (one for one in self.records if one.id == record_id)
            modified_at = stored.modified_at.replace(microsecond=0)
            if unmodified_since is not None and modified_at > unmodified_since:
                return False
            if fields.get("OwnerId", ADMIN.id) not in {user.id for user in self.users}:
                raise Permanent("inactive user", code="INACTIVE_OWNER_OR_USER")
            stored.fields.update(fields)
            stored.modified_at = self.now()
            if unmodified_since is not None:
                self.changes.append(dict(fields))
            return True

    def move(self, grant: Grant, moves: Sequence[TaskMove]) -> Mapping[str, str | None]:
        assert 0 < len(moves) <= 25
        self.calls.append("move Tasks")
        self._check(grant)
        trouble = self.next_moves.pop(0) if self.next_moves else None
        if isinstance(trouble, SwitchhookError):
            raise trouble
        after = trouble() if trouble is not None else None
        answer = {move.task_id: self._moved(move) for move in moves}
        if after is not None:
            raise after
        return answer

    def _moved(self, move: TaskMove) -> str | None:
        ids = {record.id for record in self.records}
        if {move.hangs.who_id, move.hangs.what_id} - {None} - ids:
            return "Salesforce refused to move it: INVALID_CROSS_REFERENCE_KEY: no"
        fields = {"WhoId": move.hangs.who_id, "WhatId": move.hangs.what_id}
        is_done = self.change(move.task_id, fields, unmodified_since=move.unmodified_since)
        return None if is_done else "Somebody changed it in Salesforce in this very moment."

    # OrgRecords
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

    def cases_with_keys(self, grant: Grant, keys: Sequence[str]) -> tuple[FoundCase, ...]:
        self._read("find_cases", grant)
        with self.lock:
            return tuple(
                FoundCase(
                    key=str(case.fields["Switchhook_Key__c"]),
                    id=case.id,
                    contact_id=_text(case.fields.get("ContactId")),
                )
                for case in self.of_type("Case")
                if case.fields.get("Switchhook_Key__c") in keys
            )

    def cases_created_between(
        self,
        grant: Grant,
        keys: Sequence[str],
        since: datetime,
        until: datetime,
        *,
        page: str | None = None,
    ) -> CasePage:
        """Two Cases a page, so that keys lie on further ones."""
        self._read("look through Cases", grant)
        with self.lock:
            there = [one for one in self.of_type("Case") if since <= one.created_at <= until]
            begin = int(page or 0)
            marked = (
                (one, key_in(str(one.fields.get("Description", "")), keys))
                for one in there[begin : begin + 2]
            )
            return CasePage(
                cases=tuple(
                    FoundCase(key=key, id=one.id, contact_id=_text(one.fields.get("ContactId")))
                    for one, key in marked
                    if key is not None
                ),
                next_page=str(begin + 2) if begin + 2 < len(there) else None,
            )

    def open_related(
        self, grant: Grant, attach_to: AttachTo, contact_ids: Sequence[str]
    ) -> RelatedAnswer:
        self._read("related", grant)
        if self.next_related:
            raise self.next_related.pop(0)
        with self.lock:
            return RelatedAnswer(
                related=tuple(
                    OpenRelated(
                        record=RecordRef(type=one.type, id=one.id),
                        contact_id=str(one.fields["ContactId"]),
                        modified_at=one.created_at,
                    )
                    for one in self.of_type(attach_to.value.capitalize())
                    if one.fields["ContactId"] in contact_ids and not one.fields.get("closed")
                )
            )

    def successors(
        self, grant: Grant, records: Sequence[RecordRef]
    ) -> Mapping[RecordRef, RecordRef | None]:
        self._read("successors", grant)
        living = {record.id for record in self.records}
        return {one: one if one.id in living else self.became.get(one.id) for one in records}

    def facts(
        self, grant: Grant, records: Sequence[RecordRef]
    ) -> Mapping[RecordRef, Candidate | None]:
        self._read("read records", grant)
        if self.next_facts:
            raise self.next_facts.pop(0)
        return {record: self._fact(record) for record in records}

    def _fact(self, record: RecordRef) -> Candidate | None:
        became = self.became.get(record.id)
        if record.type == "Lead" and became is not None:
            return self._fact(became)
        found = [one for one in self.of_type(record.type) if one.id == record.id]
        if not found:
            return None
        fields = found[0].fields
        twin = fields.get("PersonContactId")
        return Candidate(
            record=record,
            name=str(fields.get("LastName") or fields.get("Name")),
            is_person_account=twin is not None,
            person_contact_id=str(twin) if twin else None,
        )

    def read(
        self, grant: Grant, object_type: str, ids: Sequence[str], fields: Sequence[str]
    ) -> tuple[StoredTask, ...]:
        self._read("read the Task", grant)
        with self.lock:
            return tuple(
                StoredTask(
                    id=one.id,
                    modified_at=one.modified_at.replace(microsecond=0),
                    fields={name: one.fields.get(name) for name in fields},
                )
                for one in self.of_type(object_type)
                if one.id in ids
            )

    # OrgMetadata
    def describe(self, grant: Grant, object_type: str) -> ObjectFacts:
        self._read(f"describe {object_type}", grant)
        with_key = {"Task": self.task_key, "Case": self.case_key}.get(object_type, False)
        key = {"Switchhook_Key__c"} if with_key else set()
        return ObjectFacts(
            name=object_type,
            fields=frozenset({"Id", "Phone", *key}),
            phone_fields=() if object_type == "Task" else ("Phone",),
            unique_fields=frozenset(key),
            described={
                **STANDARD_FIELDS.get(object_type, {}),
                **self.own_fields.get(object_type, {}),
            },
        )

    def lists(self, grant: Grant) -> OrgLists:
        self._read("lists", grant)
        by_email: dict[str, tuple[OrgUser, ...]] = {}
        barred: dict[str, tuple[OrgUser, ...]] = {}
        for user in self.users:
            there = by_email if user.is_active else barred
            there[user.email.lower()] = (*there.get(user.email.lower(), ()), user)
        return OrgLists(
            facts=OrgFacts(
                task_statuses=(
                    TaskStatus(api_name="Not Started", is_closed=False, is_default=True),
                    TaskStatus(api_name="In Progress", is_closed=False),
                    TaskStatus(api_name="Completed", is_closed=True),
                ),
                users_by_email=by_email,
                barred_by_email=barred,
                user_ids=frozenset(user.id for user in self.users if user.is_active),
                connecting_user=ADMIN,
                sees_all_records=self.sees_all_records,
            )
        )

    def usage(self, grant: Grant) -> ApiUsage:
        self._read("usage", grant)
        return ApiUsage(used=10, limit=15000)

    # TokenEndpoint
    def refresh(
        self,
        _login_url: str,
        *,
        app: OwnApp | None,  # noqa: ARG002 - the fake org asks no app
        refresh_token: str,
    ) -> TokenPair:
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
