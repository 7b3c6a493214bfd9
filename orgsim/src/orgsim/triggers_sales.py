"""What the org sets on opportunities and their contact roles."""

from datetime import date
from types import MappingProxyType

from orgsim.objects.sales import STAGES
from orgsim.trigger_store import Row, TriggerStore

__all__ = ["add_primary", "derive_opportunity", "keep_one_primary", "show_primary"]

_STAGES = MappingProxyType({stage.name: stage for stage in STAGES})
_MONTHS_IN_QUARTER = 3


def derive_opportunity(store: TriggerStore, row: Row, before: Row | None) -> None:
    """Set what follows from stage, amount and close date.

    The stage's probability and forecast apply to a new stage unless the same write says otherwise.
    """
    stage = _STAGES.get(str(row["StageName"]))
    moved = before is not None and before["StageName"] != row["StageName"]
    if moved:
        row["LastStageChangeDate"] = store.now_stamp()
    if stage is not None:
        defaults: Row = {
            "Probability": float(stage.probability),
            "ForecastCategoryName": stage.forecast,
        }
        for name, value in defaults.items():
            kept = before is not None and moved and row[name] == before[name]
            if row[name] is None or kept:
                row[name] = value
    row["IsClosed"] = int(stage is not None and stage.is_closed)
    row["IsWon"] = int(stage is not None and stage.is_won)
    amount, probability = row["Amount"], row["Probability"]
    known = isinstance(amount, int | float) and isinstance(probability, int | float)
    row["ExpectedRevenue"] = round(amount * probability / 100, 2) if known else None  # type: ignore[operator] # numbers by now
    _derive_fiscal(row)


def _derive_fiscal(row: Row) -> None:
    """Set the fiscal period of the close date; the fiscal year is the calendar year."""
    closes = row["CloseDate"]
    if not isinstance(closes, str):
        return
    day = date.fromisoformat(closes)
    quarter = (day.month - 1) // _MONTHS_IN_QUARTER + 1
    row |= {"FiscalYear": day.year, "FiscalQuarter": quarter, "Fiscal": f"{day.year} {quarter}"}


def keep_one_primary(store: TriggerStore, role: Row) -> None:
    """Take the primary mark from the other roles of the opportunity."""
    if not role["IsPrimary"] or role["IsDeleted"]:
        return
    for other_id in store.ids_where(
        "OpportunityContactRole", "OpportunityId", str(role["OpportunityId"])
    ):
        if other_id != role["Id"]:
            store.write_quietly("OpportunityContactRole", other_id, {"IsPrimary": 0})


def add_primary(store: TriggerStore, opportunity: Row, user_id: str) -> None:
    """Make the contact that a new opportunity names its primary one."""
    if opportunity["ContactId"] is not None:
        role: Row = {"OpportunityId": opportunity["Id"], "ContactId": opportunity["ContactId"]}
        store.insert("OpportunityContactRole", role | {"IsPrimary": 1}, user_id=user_id)


def show_primary(store: TriggerStore, opportunity_id: str) -> None:
    """Let the opportunity name the contact of its primary role, or none."""
    ids = store.ids_where("OpportunityContactRole", "OpportunityId", opportunity_id)
    roles = (store.get("OpportunityContactRole", role_id) for role_id in ids)
    contact_id = next((role["ContactId"] for role in roles if role and role["IsPrimary"]), None)
    opportunity = store.get("Opportunity", opportunity_id)
    if opportunity is not None and opportunity["ContactId"] != contact_id:
        store.write_quietly("Opportunity", opportunity_id, {"ContactId": contact_id})
