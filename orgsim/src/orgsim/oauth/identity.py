"""Who the user behind a token is: userinfo, the identity url, and how OpenID clients find them."""

from datetime import timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from orgsim.ids import id15
from orgsim.oauth.grants import Session
from orgsim.oauth.place import Place, instance_url
from orgsim.store import Row, Store
from orgsim.times import rfc3339

__all__ = ["configuration", "identity", "userinfo"]

_VERSION = "{version}"  # a placeholder that clients fill in
_INTEGRATION_PROFILE = "Minimum Access - API Only Integrations"
_RESOURCES = {
    "rest": "",
    "sobjects": "sobjects/",
    "search": "search/",
    "query": "query/",
    "recent": "recent/",
    "tooling_rest": "tooling/",
    "feeds": "chatter/feeds",
    "groups": "chatter/groups",
    "users": "chatter/users",
    "feed_items": "chatter/feed-items",
    "feed_elements": "chatter/feed-elements",
}
_SOAP_APIS = {"enterprise": "c", "metadata": "m", "partner": "u", "tooling_soap": "T"}


def userinfo(store: Store, session: Session, origin: str) -> dict[str, object]:
    """Return the user in OpenID Connect's words."""
    user = _user(store, session)
    photos = _photos(store, origin)
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
        "photos": photos,
        "profile": f"{instance_url(origin, store.settings)}/{session.user_id}",
        "picture": photos["picture"],
        "address": {},
        "is_salesforce_integration_user": _is_integration_user(store, user),
        "urls": _urls(store, session, origin, _VERSION),
        "active": bool(user["IsActive"]),
        "user_type": str(user["UserType"]).upper(),
        "language": user["LanguageLocaleKey"],
        "locale": user["LocaleSidKey"],
        "utcOffset": _utc_offset_ms(store, user),
        "updated_at": rfc3339(store.now()),
    }


def identity(
    store: Store, session: Session, origin: str, version: str = _VERSION
) -> dict[str, object]:
    """Return the user in the words of the identity url; `version` is written into its urls."""
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
        "photos": _photos(store, origin),
        "addr_street": user["Street"],
        "addr_city": user["City"],
        "addr_state": user["State"],
        "addr_country": user["Country"],
        "addr_zip": user["PostalCode"],
        "mobile_phone": user["MobilePhone"],
        "mobile_phone_verified": False,
        "is_lightning_login_user": False,
        "status": {"created_date": None, "body": None},
        "urls": _urls(store, session, origin, version),
        "active": bool(user["IsActive"]),
        "user_type": str(user["UserType"]).upper(),
        "language": user["LanguageLocaleKey"],
        "locale": user["LocaleSidKey"],
        "utcOffset": _utc_offset_ms(store, user),
        "last_modified_date": user["LastModifiedDate"],
        "is_app_installed": _is_app_installed(store, session),
    }


def configuration(place: Place) -> dict[str, object]:
    """Return where OpenID clients find what (OpenID Connect Discovery 3)."""
    oauth = f"{place.base}/services/oauth2"
    return {
        "issuer": place.base,
        "authorization_endpoint": f"{oauth}/authorize",
        "token_endpoint": f"{oauth}/token",
        "revocation_endpoint": f"{oauth}/revoke",
        "introspection_endpoint": f"{oauth}/introspect",
        "userinfo_endpoint": f"{oauth}/userinfo",
        "jwks_uri": f"{place.base}/id/keys",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
    }


def _user(store: Store, session: Session) -> Row:
    user = store.get("User", session.user_id)
    assert user is not None, "a session is only found together with its user"
    return user


def _is_integration_user(store: Store, user: Row) -> bool:
    profile = store.get("Profile", str(user["ProfileId"]))
    return profile is not None and profile["Name"] == _INTEGRATION_PROFILE


def _is_app_installed(store: Store, session: Session) -> bool:
    app = store.settings.app(session.client_id)
    return app is None or app.installed


def _utc_offset_ms(store: Store, user: Row) -> int:
    """Return how far the user's zone is from UTC, leaving daylight saving out."""
    try:
        zone = ZoneInfo(str(user["TimeZoneSidKey"]))
    except (ValueError, ZoneInfoNotFoundError):
        return 0
    moment = store.now().astimezone(zone)
    offset = (moment.utcoffset() or timedelta()) - (moment.dst() or timedelta())
    return offset // timedelta(milliseconds=1)


def _photos(store: Store, origin: str) -> dict[str, str]:
    folder = f"{instance_url(origin, store.settings)}/profilephoto/005"
    return {"picture": f"{folder}/F", "thumbnail": f"{folder}/T"}


def _urls(store: Store, session: Session, origin: str, version: str) -> dict[str, str]:
    home = instance_url(origin, store.settings)
    org15 = id15(store.org_id)
    soap = {n: f"{home}/services/Soap/{w}/{version}/{org15}" for n, w in _SOAP_APIS.items()}
    rest = {n: f"{home}/services/data/v{version}/{path}" for n, path in _RESOURCES.items()}
    return {**soap, **rest, "profile": f"{home}/{session.user_id}", "custom_domain": home}
