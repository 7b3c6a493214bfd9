"""Who asks what, when: everything a statement's meaning depends on beside its text."""

from dataclasses import dataclass

from orgsim.errors import ApiError
from orgsim.query.own_days import OwnDays
from orgsim.query.reading import complaint
from orgsim.schema import Schema, SObject

__all__ = ["Asking", "Bound", "Sql"]

type Bound = str | int | float
type Sql = tuple[str, list[Bound]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """One statement being answered.

    `owner_only` is the viewer's id where private sharing hides other people's records, else None.
    `days` are the viewer's: what date words and convertTimezone() mean to him.
    `api_version` (such as `62.0`) only appears in the records' urls.
    """

    text: str
    schema: Schema
    days: OwnDays
    owner_only: str | None
    viewer_id: str
    api_version: str

    def complaint(self, code: str, offset: int, sentence: str) -> ApiError:
        """Return an error that points into the statement."""
        return complaint(code, self.text, offset, sentence)

    def visible(self, sobject: SObject, table: str, *, all_rows: bool) -> Sql:
        """Return the condition under which the viewer sees a row of `table` at all."""
        terms: list[str] = []
        bound: list[Bound] = []
        if not all_rows and sobject.field("IsDeleted") is not None:
            terms.append(f"{table}.IsDeleted = 0")
        if self.owner_only is not None and sobject.owned:
            terms.append(f"{table}.OwnerId = ?")
            bound.append(self.owner_only)
        return " AND ".join(terms) or "1", bound
