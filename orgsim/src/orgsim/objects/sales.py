"""Opportunities, the people in them, and the campaigns they come from."""

from dataclasses import dataclass, replace

from orgsim.objects import kinds
from orgsim.objects.people import LEAD_SOURCES
from orgsim.schema import ChildRelationship, SObject

__all__ = [
    "STAGES",
    "Stage",
    "campaign",
    "opportunity",
    "opportunity_contact_role",
    "opportunity_stage",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A stage of the sales process and what it sets on an opportunity."""

    name: str
    probability: int
    forecast: str
    is_closed: bool = False
    is_won: bool = False


STAGES = (
    Stage(name="Prospecting", probability=10, forecast="Pipeline"),
    Stage(name="Qualification", probability=10, forecast="Pipeline"),
    Stage(name="Needs Analysis", probability=20, forecast="Pipeline"),
    Stage(name="Value Proposition", probability=50, forecast="Pipeline"),
    Stage(name="Proposal/Price Quote", probability=75, forecast="Pipeline"),
    Stage(name="Negotiation/Review", probability=90, forecast="Pipeline"),
    Stage(name="Closed Won", probability=100, forecast="Closed", is_closed=True, is_won=True),
    Stage(name="Closed Lost", probability=0, forecast="Omitted", is_closed=True),
)
_FORECASTS = ("Omitted", "Pipeline", "Best Case", "Commit", "Closed")
_ROLES = ("Business User", "Decision Maker", "Economic Buyer", "Evaluator", "Influencer", "Other")


def opportunity() -> SObject:
    """Return Opportunity; probability, forecast and closedness follow from its stage.

    The contact that a new one names becomes its primary contact role, and follows that from then on.
    """
    stage = kinds.picklist("StageName", "Stage", tuple(s.name for s in STAGES), required=True)
    types = ("Existing Customer - Upgrade", "Existing Customer - Replacement", "New Customer")
    forecast = kinds.picklist(
        "ForecastCategoryName", "Forecast Category", _FORECASTS, restricted=True
    )
    fields = (
        kinds.record_id("Opportunity"),
        kinds.derived(kinds.boolean("IsDeleted", "Deleted")),
        kinds.reference("AccountId", "Account ID", ("Account",), "Account"),
        kinds.boolean("IsPrivate", "Private"),
        replace(kinds.text("Name", "Name", 120, required=True), name_field=True),
        kinds.long_text("Description", "Description"),
        stage,
        replace(kinds.money("Amount", "Amount"), scale=2),
        replace(kinds.percent("Probability", "Probability (%)"), defaulted_on_create=True),
        kinds.derived(replace(kinds.money("ExpectedRevenue", "Expected Amount"), scale=2)),
        replace(kinds.date("CloseDate", "Close Date"), nillable=False),
        kinds.picklist("Type", "Opportunity Type", types),
        kinds.text("NextStep", "Next Step", 255),
        kinds.picklist("LeadSource", "Lead Source", LEAD_SOURCES),
        kinds.derived(kinds.boolean("IsClosed", "Closed")),
        kinds.derived(kinds.boolean("IsWon", "Won")),
        replace(forecast, defaulted_on_create=True),
        kinds.reference("CampaignId", "Campaign ID", ("Campaign",), "Campaign"),
        replace(kinds.reference("ContactId", "Contact ID", ("Contact",), None), updateable=False),
        kinds.owner(("User",)),
        *kinds.system_fields(),
        kinds.derived(kinds.datetime("LastStageChangeDate", "Last Stage Change Date")),
        kinds.derived(kinds.integer("FiscalQuarter", "Fiscal Quarter")),
        kinds.derived(kinds.integer("FiscalYear", "Fiscal Year")),
        kinds.derived(kinds.text("Fiscal", "Fiscal Period", 6)),
        kinds.last_activity(),
        *kinds.viewed_fields(),
    )
    children = (
        ChildRelationship(
            child="OpportunityContactRole",
            field="OpportunityId",
            name="OpportunityContactRoles",
            cascade_delete=True,
        ),
        ChildRelationship(child="Task", field="WhatId", name="Tasks", cascade_delete=True),
        ChildRelationship(child="Event", field="WhatId", name="Events", cascade_delete=True),
    )
    return SObject(
        name="Opportunity",
        label="Opportunity",
        label_plural="Opportunities",
        key_prefix="006",
        fields={f.name: f for f in fields},
        child_relationships=children,
    )


def opportunity_contact_role() -> SObject:
    """Return OpportunityContactRole; an opportunity has one primary contact at most."""
    at = kinds.reference(
        "OpportunityId", "Opportunity ID", ("Opportunity",), "Opportunity", required=True
    )
    fields = (
        kinds.record_id("Contact Role"),
        replace(at, updateable=False),
        kinds.reference("ContactId", "Contact ID", ("Contact",), "Contact", required=True),
        kinds.picklist("Role", "Role", _ROLES, length=40),
        kinds.boolean("IsPrimary", "Primary"),
        *kinds.system_fields(),
        kinds.derived(kinds.boolean("IsDeleted", "Deleted")),
    )
    return SObject(
        name="OpportunityContactRole",
        label="Opportunity Contact Role",
        label_plural="Opportunity Contact Role",
        key_prefix="00K",
        fields={f.name: f for f in fields},
        searchable=False,
        owned=False,
    )


def campaign() -> SObject:
    """Return Campaign as far as leads, tasks and opportunities refer to it."""
    statuses = ("Planned", "In Progress", "Completed", "Aborted")
    types = ("Conference", "Webinar", "Email", "Telemarketing", "Other")
    fields = (
        kinds.record_id("Campaign"),
        kinds.derived(kinds.boolean("IsDeleted", "Deleted")),
        replace(kinds.text("Name", "Name", 80, required=True), name_field=True),
        kinds.reference("ParentId", "Parent Campaign ID", ("Campaign",), "Parent"),
        kinds.picklist("Type", "Type", types, length=40),
        kinds.picklist("Status", "Status", statuses, length=40, default="Planned"),
        kinds.date("StartDate", "Start Date"),
        kinds.date("EndDate", "End Date"),
        kinds.boolean("IsActive", "Active"),
        kinds.long_text("Description", "Description"),
        kinds.owner(("User",)),
        *kinds.system_fields(),
        kinds.last_activity(),
        *kinds.viewed_fields(),
    )
    children = (
        ChildRelationship(child="Campaign", field="ParentId", name="ChildCampaigns"),
        ChildRelationship(child="Opportunity", field="CampaignId", name="Opportunities"),
        ChildRelationship(child="Task", field="WhatId", name="Tasks", cascade_delete=True),
        ChildRelationship(child="Event", field="WhatId", name="Events", cascade_delete=True),
    )
    return SObject(
        name="Campaign",
        label="Campaign",
        label_plural="Campaigns",
        key_prefix="701",
        fields={f.name: f for f in fields},
        child_relationships=children,
    )


def opportunity_stage() -> SObject:
    """Return OpportunityStage, the read-only list behind Opportunity.StageName."""
    fields = (
        kinds.record_id("Opportunity Stage"),
        kinds.text("MasterLabel", "Master Label", 255),
        kinds.text("ApiName", "API Name", 255),
        kinds.boolean("IsActive", "Is Active", default=True),
        kinds.integer("SortOrder", "Sort Order"),
        kinds.boolean("IsClosed", "Is Closed"),
        kinds.boolean("IsWon", "Is Won"),
        kinds.text("ForecastCategoryName", "Forecast Category Name", 255),
        kinds.percent("DefaultProbability", "Probability (%)"),
        *kinds.system_fields(),
    )
    return kinds.read_only_list("OpportunityStage", "Opportunity Stage", fields)
