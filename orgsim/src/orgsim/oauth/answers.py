"""What a successful token request is answered with."""

import base64
import hashlib
import hmac

from orgsim.ids import make_id
from orgsim.oauth.grants import Grants
from orgsim.oauth.jwt import SigningKey, access_token_hash
from orgsim.oauth.place import Place, instance_url
from orgsim.settings import Community, ConnectedApp
from orgsim.store import Store

__all__ = ["TokenAnswers"]

_ID_TOKEN_LIFE_S = 120
_INSTANCE = slice(3, 5)


class TokenAnswers:
    """Opens sessions and words the answers that carry them."""

    def __init__(self, store: Store, grants: Grants, key: SigningKey) -> None:
        """Answer for one org; ID tokens are signed with `key`."""
        self._store = store
        self._grants = grants
        self._key = key

    def bare(
        self, app: ConnectedApp, user_id: str, grant_id: int | None, scope: str, place: Place
    ) -> dict[str, object]:
        """Return a new access token with what every flow answers."""
        return {
            "access_token": self._grants.open_session(user_id, app.client_id, grant_id, scope),
            "scope": scope,
            "instance_url": instance_url(place.origin, self._store.settings),
            "id": self.identity_url(place.origin, user_id),
            "token_type": "Bearer",
            **self._community(place.community, place.origin),
        }

    def signed(
        self, app: ConnectedApp, user_id: str, grant_id: int | None, scope: str, place: Place
    ) -> dict[str, object]:
        """Return a new access token with the time and the signature that prove who answered."""
        body = self.bare(app, user_id, grant_id, scope, place)
        issued_at = str(int(self._store.now().timestamp() * 1000))
        content = f"{body['id']}{issued_at}".encode()
        digest = hmac.digest((app.client_secret or "").encode(), content, hashlib.sha256)
        return {**body, "issued_at": issued_at, "signature": base64.b64encode(digest).decode()}

    def with_id_token(
        self, body: dict[str, object], app: ConnectedApp, place: Place, nonce: str | None = None
    ) -> dict[str, object]:
        """Return the answer with an ID token beside it, if the scope asks for one."""
        if "openid" not in str(body["scope"]).split():
            return body
        now = int(self._store.now().timestamp())
        claims = {
            "iss": place.base,
            "sub": body["id"],
            "aud": app.client_id,
            "iat": now,
            "exp": now + _ID_TOKEN_LIFE_S,
            "at_hash": access_token_hash(str(body["access_token"])),
            **({} if nonce is None else {"nonce": nonce}),
        }
        return {**body, "id_token": self._key.sign(claims)}

    def identity_url(self, origin: str, user_id: str) -> str:
        """Return the url that tells who the user is."""
        return f"{origin}/id/{self._store.org_id}/{user_id}"

    def _community(self, community: Community | None, origin: str) -> dict[str, object]:
        communities = self._store.settings.communities
        if community is None or community not in communities:
            return {}
        number = communities.index(community) + 1
        return {
            "sfdc_community_url": f"{origin}/{community.path}",
            "sfdc_community_id": make_id("0DB", self._store.org_id[_INSTANCE], number),
        }
