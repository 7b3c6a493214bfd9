"""What whoever only wants to know decides with: it reads, and nothing that it does is kept.

A renewed access token is the one thing that is stored, for a spent refresh token cannot be unspent
(SH-8).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from switchhook.domain.connection import ApiUsage, Connection, Grant
from switchhook.domain.crm import SearchAnswer, StoredFacts
from switchhook.domain.decision import Candidate, OrgFacts
from switchhook.domain.facts.people import Party, People
from switchhook.domain.settings.schema import MatchingSettings, Settings
from switchhook.ports.ledger import (
    Connections,
    OrgMemory,
    TenantReader,
)
from switchhook.ports.org import CandidateSearch
from switchhook.usecases.record.world import Deciding


@dataclass(slots=True)
class Gauge:
    """The org's API use as the requests of this run have shown it."""

    usage: ApiUsage | None = None

    def is_at(self, share: float) -> bool:
        """True when at least this share of the org's daily allowance is used."""
        return self.usage is not None and self.usage.used >= share * self.usage.limit


def dry(deciding: Deciding, gauge: Gauge, *, settings: Settings | None = None) -> Deciding:
    """The same bag, but nothing is stored; with `settings`, those are in force at any time.

    The org's metadata is read at most once, and no party is searched for twice, for as long as the
    returned bag is used.
    """
    opening, org, sessions = deciding.opening, deciding.org, deciding.sessions
    if settings is not None:
        opening = replace(opening, tenants=_OneSetting(opening.tenants, settings))
    return replace(
        deciding,
        opening=opening,
        org=replace(org, memory=_OwnMemory(org.memory), search=_OneSearchEach(org.search)),
        sessions=replace(sessions, connections=_UnnotedUsage(sessions.connections, gauge)),
    )


@dataclass(frozen=True, slots=True)
class _OwnMemory:
    inner: OrgMemory
    facts: dict[str, StoredFacts] = field(default_factory=dict)

    def recall(self, tenant: str) -> StoredFacts | None:
        if tenant not in self.facts:
            stored = self.inner.recall(tenant)
            if stored is None:
                return None
            self.facts[tenant] = stored
        return self.facts[tenant]

    def remember(self, tenant: str, facts: StoredFacts) -> None:
        self.facts[tenant] = facts


@dataclass(frozen=True, slots=True)
class _OneSetting:
    inner: TenantReader
    settings: Settings

    def settings_at(self, tenant: str, at: datetime) -> Settings | None:
        return None if self.inner.settings_at(tenant, at) is None else self.settings

    def people(self, tenant: str) -> People:
        return self.inner.people(tenant)


@dataclass(frozen=True, slots=True)
class _UnnotedUsage:
    inner: Connections
    gauge: Gauge

    def read(self, tenant: str) -> Connection | None:
        connection = self.inner.read(tenant)
        if connection is not None and self.gauge.usage is None:
            self.gauge.usage = connection.usage
        return connection

    def lease(
        self, seen: Connection, *, holder: str, now: datetime, until: datetime
    ) -> Connection | None:
        return self.inner.lease(seen, holder=holder, now=now, until=until)

    def replace(self, seen: Connection, new: Connection) -> bool:
        return self.inner.replace(seen, new)

    def note_usage(self, tenant: str, usage: ApiUsage | None, *, parked: str | None) -> None:  # noqa: ARG002
        if usage is not None:
            self.gauge.usage = usage


@dataclass(frozen=True, slots=True)
class _OneSearchEach:
    """Searches for each party once: what was found for one is considered for it again."""

    inner: CandidateSearch
    found: dict[tuple[str, str | None], tuple[Candidate, ...]] = field(default_factory=dict)

    def search(
        self, grant: Grant, org: OrgFacts, parties: Sequence[Party], matching: MatchingSettings
    ) -> SearchAnswer:
        unknown = tuple(party for party in parties if _named(party) not in self.found)
        usage = None
        if unknown:
            answer = self.inner.search(grant, org, unknown, matching)
            usage = answer.usage
            self.found.update({_named(party): answer.candidates for party in unknown})
        every = (candidate for party in parties for candidate in self.found[_named(party)])
        by_id = {candidate.record.id: candidate for candidate in every}
        return SearchAnswer(candidates=tuple(by_id.values()), usage=usage)


def _named(party: Party) -> tuple[str, str | None]:
    return party.key, party.email
