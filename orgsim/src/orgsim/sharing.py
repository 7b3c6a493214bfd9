"""Who may see and change which records."""

from orgsim.schema import SObject
from orgsim.store import Row, Store

__all__ = ["may_delete", "may_see", "sees_everything"]

# Beside custom ones, objects with a sharing of their own: what is shared for reading and writing is not for deleting.
_DELETED_BY_OWNER = frozenset({"Account", "Campaign", "Case", "Lead", "Opportunity"})
_USERS = "005"


def sees_everything(store: Store, user_id: str) -> bool:
    """Return whether a user's profile has View All Data, or the org shares everything anyway."""
    if store.settings.sharing == "public":
        return True
    user = store.get("User", user_id)
    profile = store.get("Profile", str(user["ProfileId"])) if user is not None else None
    return profile is not None and bool(profile["PermissionsViewAllData"])


def may_see(store: Store, user_id: str, sobject: SObject, row: Row) -> bool:
    """Return whether a user sees a row: what he owns, what nobody owns, or everything."""
    return not sobject.owned or row["OwnerId"] == user_id or sees_everything(store, user_id)


def may_delete(store: Store, user_id: str, sobject: SObject, row: Row) -> bool:
    """Return whether a user may delete a row that he sees: another user's takes Modify All Data."""
    owner = str(row.get("OwnerId"))
    has_own_sharing = sobject.name in _DELETED_BY_OWNER or (sobject.custom and sobject.owned)
    if not has_own_sharing or owner == user_id or not owner.startswith(_USERS):
        return True
    user = store.get("User", user_id)
    profile = store.get("Profile", str(user["ProfileId"])) if user is not None else None
    return profile is not None and bool(profile["PermissionsModifyAllData"])
