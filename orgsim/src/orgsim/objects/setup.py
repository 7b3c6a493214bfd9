"""The org itself, its users and what they may do."""

from dataclasses import replace

from orgsim.objects import kinds
from orgsim.schema import Field, SObject

__all__ = ["group", "organization", "profile", "record_type", "user"]

LOCALES = ("en_US", "en_GB", "de_DE")
LANGUAGES = ("en_US", "de")


def user() -> SObject:
    """Return User; the username is unique in all orgs, the e-mail address is not."""
    username = replace(
        kinds.text("Username", "Username", 80, required=True), unique=True, id_lookup=True
    )
    fields = (
        kinds.record_id("User"),
        username,
        *kinds.person_name(),
        kinds.text("CompanyName", "Company Name", 80),
        kinds.text("Division", "Division", 80),
        kinds.text("Department", "Department", 80),
        kinds.text("Title", "Title", 80),
        *kinds.address(""),
        replace(kinds.email("Email", "Email", length=128, id_lookup=True), nillable=False),
        kinds.phone("Phone", "Phone"),
        kinds.phone("Fax", "Fax"),
        kinds.phone("MobilePhone", "Cell"),
        kinds.text("Extension", "Extension", 40),
        kinds.text("EmployeeNumber", "Employee Number", 20),
        replace(kinds.text("Alias", "Alias", 8), defaulted_on_create=True),
        replace(kinds.text("CommunityNickname", "Nickname", 40), defaulted_on_create=True),
        kinds.boolean("IsActive", "Active", default=True),
        _defaulted("TimeZoneSidKey", "Time Zone", ("UTC", "America/Los_Angeles"), "UTC"),
        _defaulted("LocaleSidKey", "Locale", LOCALES, "en_US"),
        _defaulted("EmailEncodingKey", "Email Encoding", ("UTF-8",), "UTF-8"),
        _defaulted("LanguageLocaleKey", "Language", LANGUAGES, "en_US"),
        kinds.reference("ProfileId", "Profile ID", ("Profile",), "Profile", required=True),
        kinds.derived(_defaulted("UserType", "User Type", ("Standard", "Guest"), "Standard")),
        kinds.derived(kinds.datetime("LastLoginDate", "Last Login")),
        kinds.reference("ManagerId", "Manager ID", ("User",), "Manager"),
        kinds.text("FederationIdentifier", "SAML Federation ID", 512),
        *kinds.system_fields(),
        *kinds.viewed_fields(),
    )
    return SObject(
        name="User",
        label="User",
        label_plural="Users",
        key_prefix="005",
        fields={f.name: f for f in fields},
        deletable=False,
        owned=False,
    )


def profile() -> SObject:
    """Return Profile, with the two permissions that lift sharing."""
    fields = (
        kinds.record_id("Profile"),
        replace(kinds.text("Name", "Name", 255, required=True), name_field=True),
        kinds.boolean("PermissionsViewAllData", "View All Data"),
        kinds.boolean("PermissionsModifyAllData", "Modify All Data"),
        kinds.boolean("PermissionsApiEnabled", "API Enabled", default=True),
        _defaulted("UserType", "User Type", ("Standard", "Guest"), "Standard"),
        kinds.text("Description", "Description", 255),
        *kinds.system_fields(),
        *kinds.viewed_fields(),
    )
    return kinds.read_only("Profile", "Profile", "Profiles", "00e", fields)


def organization() -> SObject:
    """Return Organization, of which there is exactly one row."""
    fields = (
        kinds.record_id("Organization"),
        replace(kinds.text("Name", "Name", 80, required=True), name_field=True),
        *kinds.address(""),
        kinds.phone("Phone", "Phone"),
        kinds.text("PrimaryContact", "Primary Contact", 80),
        _defaulted("DefaultLocaleSidKey", "Locale", LOCALES, "en_US"),
        _defaulted("TimeZoneSidKey", "Time Zone", ("UTC",), "UTC"),
        _defaulted("LanguageLocaleKey", "Language", LANGUAGES, "en_US"),
        _defaulted(
            "OrganizationType",
            "Edition",
            ("Developer Edition", "Enterprise Edition"),
            "Enterprise Edition",
        ),
        kinds.text("NamespacePrefix", "Namespace Prefix", 15),
        kinds.text("InstanceName", "Instance Name", 5),
        kinds.boolean("IsSandbox", "Is Sandbox"),
        kinds.datetime("TrialExpirationDate", "Trial Expiration Date"),
        *kinds.system_fields(),
    )
    return kinds.read_only("Organization", "Organization", "Organizations", "00D", fields)


def record_type() -> SObject:
    """Return RecordType; the org has one for business and, if enabled, person accounts."""
    fields = (
        kinds.record_id("Record Type"),
        replace(kinds.text("Name", "Name", 80, required=True), name_field=True),
        kinds.text("DeveloperName", "Record Type Name", 80, required=True),
        kinds.text("NamespacePrefix", "Namespace Prefix", 15),
        kinds.text("Description", "Description", 255),
        kinds.picklist("SobjectType", "SObject Type Name", ("Account",), length=40),
        kinds.boolean("IsActive", "Active", default=True),
        kinds.boolean("IsPersonType", "Is Person Type"),
        *kinds.system_fields(),
    )
    return kinds.read_only("RecordType", "RecordType", "Record Types", "012", fields)


def group() -> SObject:
    """Return Group; a group of type Queue may own tasks, cases and leads."""
    kinds_of_group = ("Regular", "Queue")
    fields = (
        kinds.record_id("Group"),
        replace(kinds.text("Name", "Name", 40, required=True), name_field=True),
        kinds.text("DeveloperName", "Developer Name", 80),
        kinds.picklist("Type", "Type", kinds_of_group, length=40, default="Regular"),
        kinds.email("Email", "Email"),
        *kinds.system_fields(),
    )
    return SObject(
        name="Group",
        label="Group",
        label_plural="Group",
        key_prefix="00G",
        fields={f.name: f for f in fields},
        searchable=False,
        owned=False,
    )


def _defaulted(name: str, label: str, values: tuple[str, ...], default: str) -> Field:
    return kinds.picklist(name, label, values, length=40, default=default, required=True)
