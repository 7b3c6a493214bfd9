"""Who may see and change which records."""

from orgsim.schema import SObject
from orgsim.store import Row, Store

__all__ = ["may_see", "sees_everything"]


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
