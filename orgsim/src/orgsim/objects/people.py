"""Accounts, contacts and leads: the records a caller may be."""

from dataclasses import replace

from orgsim.objects import kinds
from orgsim.objects.service import LEAD_STATUSES
from orgsim.schema import ChildRelationship, Field, SObject

__all__ = ["PERSON_FIELDS", "account", "contact", "individual", "lead"]

INDUSTRIES = ("Agriculture", "Banking", "Communications", "Engineering", "Retail", "Other")
LEAD_SOURCES = ("Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other")
RATINGS = ("Hot", "Warm", "Cold")

# A person account's own fields and the fields of its contact that hold the same value.
PERSON_FIELDS: dict[str, str] = {
    "LastName": "LastName",
    "FirstName": "FirstName",
    "Salutation": "Salutation",
    "Phone": "Phone",
    "Fax": "Fax",
    "PersonMobilePhone": "MobilePhone",
    "PersonHomePhone": "HomePhone",
    "PersonOtherPhone": "OtherPhone",
    "PersonAssistantPhone": "AssistantPhone",
    "PersonEmail": "Email",
    "PersonTitle": "Title",
    "PersonDepartment": "Department",
    "PersonBirthdate": "Birthdate",
    "PersonEmailBouncedReason": "EmailBouncedReason",
    "PersonEmailBouncedDate": "EmailBouncedDate",
    "PersonIndividualId": "IndividualId",
} | {
    f"Person{kind}{part}": f"{kind}{part}"
    for kind in ("Mailing", "Other")
    for part in kinds.ADDRESS_PARTS
}


def account(*, person_accounts: bool) -> SObject:
    """Return Account; the person fields are there only where the org has person accounts."""
    name = replace(kinds.text("Name", "Account Name", 255, required=True), name_field=True)
    fields = (
        *_merged("Account"),
        name,
        *(_person_account_fields() if person_accounts else ()),
        kinds.picklist(
            "Type", "Account Type", ("Prospect", "Customer", "Partner", "Other"), length=40
        ),
        kinds.reference("RecordTypeId", "Record Type ID", ("RecordType",), "RecordType"),
        kinds.reference("ParentId", "Parent Account ID", ("Account",), "Parent"),
        *kinds.address("Billing"),
        *kinds.address("Shipping"),
        kinds.phone("Phone", "Account Phone"),
        kinds.phone("Fax", "Account Fax"),
        kinds.text("AccountNumber", "Account Number", 40),
        kinds.url("Website", "Website"),
        kinds.text("Sic", "SIC Code", 20),
        kinds.picklist("Industry", "Industry", INDUSTRIES, length=40),
        kinds.money("AnnualRevenue", "Annual Revenue"),
        kinds.integer("NumberOfEmployees", "Employees"),
        kinds.picklist("Ownership", "Ownership", ("Public", "Private", "Other"), length=40),
        kinds.text("TickerSymbol", "Ticker Symbol", 20),
        kinds.long_text("Description", "Account Description"),
        kinds.picklist("Rating", "Account Rating", RATINGS, length=40),
        kinds.text("Site", "Account Site", 80),
        _owner(("User",)),
        *kinds.system_fields(),
        *_kept_by_the_org(),
        kinds.text("Jigsaw", "Data.com Key", 20),
        kinds.derived(kinds.text("JigsawCompanyId", "Jigsaw Company ID", 20)),
        kinds.picklist("AccountSource", "Account Source", LEAD_SOURCES, length=40),
    )
    children = (
        ChildRelationship(child="Account", field="ParentId", name="ChildAccounts"),
        ChildRelationship(child="Case", field="AccountId", name="Cases"),
        ChildRelationship(child="Contact", field="AccountId", name="Contacts", cascade_delete=True),
        ChildRelationship(child="Event", field="WhatId", name="Events", cascade_delete=True),
        ChildRelationship(
            child="Opportunity", field="AccountId", name="Opportunities", cascade_delete=True
        ),
        ChildRelationship(child="Task", field="WhatId", name="Tasks", cascade_delete=True),
    )
    return _sobject("Account", "Accounts", "001", fields, children, mergeable=True)


def contact(*, person_accounts: bool) -> SObject:
    """Return Contact."""
    person = (kinds.derived(kinds.boolean("IsPersonAccount", "Is Person Account")),)
    fields = (
        *_merged("Contact"),
        kinds.reference("AccountId", "Account ID", ("Account",), "Account"),
        *(person if person_accounts else ()),
        *kinds.person_name(),
        *kinds.address("Other"),
        *kinds.address("Mailing"),
        kinds.phone("Phone", "Business Phone"),
        kinds.phone("Fax", "Business Fax"),
        kinds.phone("MobilePhone", "Mobile Phone"),
        kinds.phone("HomePhone", "Home Phone"),
        kinds.phone("OtherPhone", "Other Phone"),
        kinds.phone("AssistantPhone", "Asst. Phone"),
        kinds.reference("ReportsToId", "Reports To ID", ("Contact",), "ReportsTo"),
        kinds.email("Email", "Email", id_lookup=True),
        kinds.text("Title", "Title", 128),
        kinds.text("Department", "Department", 80),
        kinds.text("AssistantName", "Assistant's Name", 40),
        kinds.picklist("LeadSource", "Lead Source", LEAD_SOURCES),
        kinds.date("Birthdate", "Birthdate"),
        kinds.long_text("Description", "Contact Description"),
        _owner(("User",)),
        *kinds.system_fields(),
        *_kept_by_the_org(),
        *_bounced(),
        kinds.derived(kinds.boolean("IsEmailBounced", "Is Email Bounced")),
        *_jigsaw_contact(),
        _individual(),
    )
    children = (
        ChildRelationship(child="Case", field="ContactId", name="Cases"),
        ChildRelationship(child="Contact", field="ReportsToId", name=None),
        ChildRelationship(child="Event", field="WhoId", name="Events", cascade_delete=True),
        ChildRelationship(child="Opportunity", field="ContactId", name="Opportunities"),
        ChildRelationship(
            child="OpportunityContactRole",
            field="ContactId",
            name="OpportunityContactRoles",
            cascade_delete=True,
        ),
        ChildRelationship(child="Task", field="WhoId", name="Tasks", cascade_delete=True),
    )
    return _sobject("Contact", "Contacts", "003", fields, children, mergeable=True)


def lead() -> SObject:
    """Return Lead."""
    converted = tuple(
        kinds.derived(f)
        for f in (
            kinds.date("ConvertedDate", "Converted Date"),
            kinds.reference(
                "ConvertedAccountId", "Converted Account ID", ("Account",), "ConvertedAccount"
            ),
            kinds.reference(
                "ConvertedContactId", "Converted Contact ID", ("Contact",), "ConvertedContact"
            ),
            kinds.reference(
                "ConvertedOpportunityId",
                "Converted Opportunity ID",
                ("Opportunity",),
                "ConvertedOpportunity",
            ),
        )
    )
    statuses = tuple(LEAD_STATUSES)
    fields = (
        *_merged("Lead"),
        *kinds.person_name(),
        kinds.text("Title", "Title", 128),
        kinds.text("Company", "Company", 255, required=True),
        *kinds.address(""),
        kinds.phone("Phone", "Phone"),
        kinds.phone("MobilePhone", "Mobile Phone"),
        kinds.phone("Fax", "Fax"),
        kinds.email("Email", "Email", id_lookup=True),
        kinds.url("Website", "Website"),
        kinds.long_text("Description", "Description"),
        kinds.picklist("LeadSource", "Lead Source", LEAD_SOURCES),
        kinds.picklist("Status", "Status", statuses, default=statuses[0], required=True),
        kinds.picklist("Industry", "Industry", INDUSTRIES),
        kinds.picklist("Rating", "Rating", RATINGS),
        kinds.money("AnnualRevenue", "Annual Revenue"),
        kinds.integer("NumberOfEmployees", "Employees"),
        _owner(("Group", "User")),
        kinds.derived(kinds.boolean("IsConverted", "Converted")),
        *converted,
        kinds.boolean("IsUnreadByOwner", "Unread By Owner", default=True),
        *kinds.system_fields(),
        *_kept_by_the_org(),
        *_jigsaw_contact(),
        *(replace(field, createable=False) for field in _bounced()),
        _individual(),
    )
    children = tuple(
        ChildRelationship(child=child, field="WhoId", name=f"{child}s", cascade_delete=True)
        for child in ("Event", "Task")
    )
    return _sobject("Lead", "Leads", "00Q", fields, children, mergeable=True)


def individual() -> SObject:
    """Return Individual, what a person wants done with data about him; it has no rule of its own."""
    wishes = (
        ("HasOptedOutTracking", "Don't Track"),
        ("HasOptedOutProfiling", "Don't Profile"),
        ("HasOptedOutProcessing", "Don't Process"),
        ("HasOptedOutSolicit", "Don't Market"),
        ("ShouldForget", "Forget this Individual"),
        ("SendIndividualData", "Export Individual's Data"),
        ("CanStorePiiElsewhere", "OK to Store PII Data Elsewhere"),
        ("HasOptedOutGeoTracking", "Block Geolocation Tracking"),
    )
    fields = (
        _owner(("User",)),
        *_merged("Individual"),
        *kinds.person_name(),
        kinds.date("BirthDate", "Birth Date"),
        *(kinds.boolean(name, label) for name, label in wishes),
        *kinds.system_fields(),
        *kinds.viewed_fields(),
    )
    children = tuple(
        ChildRelationship(child=child, field="IndividualId", name=f"{child}s")
        for child in ("Contact", "Lead")
    )
    return _sobject("Individual", "Individuals", "0PK", fields, children, mergeable=False)


def _sobject(
    name: str,
    plural: str,
    prefix: str,
    fields: tuple[Field, ...],
    children: tuple[ChildRelationship, ...],
    *,
    mergeable: bool,
) -> SObject:
    return SObject(
        name=name,
        label=name,
        label_plural=plural,
        key_prefix=prefix,
        fields={f.name: f for f in (kinds.record_id(name), *fields)},
        child_relationships=children,
        mergeable=mergeable,
    )


def _merged(name: str) -> tuple[Field, ...]:
    """Return the two fields that tell a deleted record and, after a merge, its winner."""
    return (
        kinds.derived(kinds.boolean("IsDeleted", "Deleted")),
        kinds.derived(
            kinds.reference("MasterRecordId", "Master Record ID", (name,), "MasterRecord")
        ),
    )


def _kept_by_the_org() -> tuple[Field, ...]:
    """Return what the org notes about a record that people work with."""
    return (kinds.last_activity(), *kinds.viewed_fields(), kinds.photo())


def _jigsaw_contact() -> tuple[Field, ...]:
    return (
        kinds.text("Jigsaw", "Data.com Key", 20),
        kinds.derived(kinds.text("JigsawContactId", "Jigsaw Contact ID", 20)),
    )


def _bounced(prefix: str = "") -> tuple[Field, ...]:
    """Return why and when a message to the e-mail address came back."""
    return (
        kinds.text(f"{prefix}EmailBouncedReason", "Email Bounced Reason", 255),
        kinds.datetime(f"{prefix}EmailBouncedDate", "Email Bounced Date"),
    )


def _individual(prefix: str = "") -> Field:
    return kinds.reference(
        f"{prefix}IndividualId", "Individual ID", ("Individual",), f"{prefix}Individual"
    )


def _owner(to: tuple[str, ...]) -> Field:
    return replace(
        kinds.reference("OwnerId", "Owner ID", to, "Owner", required=True), defaulted_on_create=True
    )


def _person_account_fields() -> tuple[Field, ...]:
    salutation = kinds.picklist("Salutation", "Salutation", ("Mr.", "Ms.", "Mrs.", "Dr."))
    return (
        replace(kinds.text("LastName", "Last Name", 80), compound="Name"),
        replace(kinds.text("FirstName", "First Name", 40), compound="Name"),
        replace(salutation, length=40, compound="Name"),
        kinds.derived(kinds.boolean("IsPersonAccount", "Is Person Account")),
        kinds.derived(
            kinds.reference("PersonContactId", "Contact ID", ("Contact",), "PersonContact")
        ),
        *kinds.address("PersonMailing", "Mailing"),
        *kinds.address("PersonOther", "Other"),
        kinds.phone("PersonMobilePhone", "Mobile"),
        kinds.phone("PersonHomePhone", "Home Phone"),
        kinds.phone("PersonOtherPhone", "Other Phone"),
        kinds.phone("PersonAssistantPhone", "Asst. Phone"),
        kinds.email("PersonEmail", "Email"),
        kinds.text("PersonTitle", "Title", 80),
        kinds.text("PersonDepartment", "Department", 80),
        kinds.date("PersonBirthdate", "Birthdate"),
        *_bounced("Person"),
        _individual("Person"),
    )
