"""Who the user behind a token is: userinfo and the identity url."""

from orgsim.oauth.grants import Session
from orgsim.store import Row, Store
from orgsim.times import rfc3339

__all__ = ["identity", "userinfo"]

_VERSION = "v{version}"  # a placeholder that clients fill in


def userinfo(store: Store, session: Session, origin: str) -> dict[str, object]:
    """Return the user in OpenID Connect's words."""
    user = _user(store, session)
    urls = _urls(store, session, origin)
    return {
        "sub": f"{origin}/id/{store.org_id}/{session.user_id}",
        "user_id": session.user_id,
        "organization_id": store.org_id,
        "preferred_username": user["Username"],
        "nickname": user["CommunityNickname"],
        "name": user["Name"],
        "email": user["Email"],
        "email_verified": True,
        "given_name": user["FirstName"],
        "family_name": user["LastName"],
        "zoneinfo": user["TimeZoneSidKey"],
        "photos": {
            "picture": f"{origin}/profilephoto/005/F",
            "thumbnail": f"{origin}/profilephoto/005/T",
        },
        "profile": f"{origin}/{session.user_id}",
        "picture": f"{origin}/profilephoto/005/F",
        "address": {},
        "is_salesforce_integration_user": False,
        "urls": urls,
        "active": bool(user["IsActive"]),
        "user_type": "STANDARD",
        "language": user["LanguageLocaleKey"],
        "locale": user["LocaleSidKey"],
        "utcOffset": 0,
        "updated_at": rfc3339(store.now()),
    }


def identity(store: Store, session: Session, origin: str) -> dict[str, object]:
    """Return the user in the words of the identity url."""
    user = _user(store, session)
    return {
        "id": f"{origin}/id/{store.org_id}/{session.user_id}",
        "asserted_user": True,
        "user_id": session.user_id,
        "organization_id": store.org_id,
        "username": user["Username"],
        "nick_name": user["CommunityNickname"],
        "display_name": user["Name"],
        "email": user["Email"],
        "email_verified": True,
        "first_name": user["FirstName"],
        "last_name": user["LastName"],
        "timezone": user["TimeZoneSidKey"],
        "photos": {},
        "addr_street": None,
        "addr_city": None,
        "addr_state": None,
        "addr_country": None,
        "addr_zip": None,
        "mobile_phone": user["MobilePhone"],
        "mobile_phone_verified": False,
        "is_lightning_login_user": False,
        "status": {"created_date": None, "body": None},
        "urls": _urls(store, session, origin),
        "active": bool(user["IsActive"]),
        "user_type": "STANDARD",
        "language": user["LanguageLocaleKey"],
        "locale": user["LocaleSidKey"],
        "utcOffset": 0,
        "last_modified_date": user["LastModifiedDate"],
        "is_app_installed": True,
    }


def _user(store: Store, session: Session) -> Row:
    user = store.get("User", session.user_id)
    assert user is not None, "a session is only found together with its user"
    return user


def _urls(store: Store, session: Session, origin: str) -> dict[str, str]:
    data = f"{origin}/services/data/{_VERSION}"
    return {
        "rest": f"{data}/",
        "sobjects": f"{data}/sobjects/",
        "search": f"{data}/search/",
        "query": f"{data}/query/",
        "profile": f"{origin}/{session.user_id}",
        "custom_domain": origin,
        "organization": f"{origin}/{store.org_id}",
    }
