"""The SOAP API's `login`, which clients use that know a username and a password only."""

import re
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from orgsim.oauth.browser import BrowserSessions
from orgsim.oauth.errors import not_built
from orgsim.oauth.grants import Grants
from orgsim.oauth.place import Place, instance_url
from orgsim.store import Row, Store
from orgsim.web import HttpAnswer, HttpRequest

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["SoapLogin"]

_PATH: Final = re.compile(r"/services/Soap/([cu])/(\d{1,3})\.0(?:/\w*)?")
_NAMESPACES: Final = {"c": "urn:enterprise.soap.sforce.com", "u": "urn:partner.soap.sforce.com"}
# The call went with version 65.0; those before 31.0 are retired as a whole.
_OLDEST, _NEWEST = 31, 64
_CLIENT: Final = "soap"
_WRONG = "Invalid username, password, security token; or user locked out."
_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" {namespaces}'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    "<soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>"
)


class SoapLogin:
    """Answers `login` of the partner and of the enterprise API; no other call of theirs is built."""

    def __init__(self, store: Store, grants: Grants, browser: BrowserSessions) -> None:
        """Let in who may log in by the page, too."""
        self._store = store
        self._grants = grants
        self._browser = browser

    def at(self, method: str, path: str) -> "Callable[[HttpRequest, Place], HttpAnswer] | None":
        """Return what answers at an address, or None if it is none of the SOAP API's."""
        address = _PATH.fullmatch(path)
        if address is None or method != "POST":
            return None
        return lambda request, place: self._answer(request, place, address[1], int(address[2]))

    def _answer(self, request: HttpRequest, place: Place, dialect: str, version: int) -> HttpAnswer:
        asked = _login_of(request)
        if asked is None:
            return not_built("a call of the SOAP API other than login")
        if not _OLDEST <= version <= _NEWEST:
            return _fault(
                dialect, "UNSUPPORTED_API_VERSION", "Invalid Api version specified on URL"
            )
        username, password = asked
        user = self._browser.check_password(username, password)
        if user is None:
            return _fault(dialect, "INVALID_LOGIN", _WRONG)
        return self._let_in(dialect, f"{version}.0", user[0], place)

    def _let_in(self, dialect: str, version: str, user_id: str, place: Place) -> HttpAnswer:
        token = self._grants.open_session(user_id, _CLIENT, None, "full")
        user = self._store.get("User", user_id)
        assert user is not None, "the password was checked for this user"
        home = instance_url(place.origin, self._store.settings)
        org15 = token.partition("!")[0]
        result: dict[str, object] = {
            "metadataServerUrl": f"{home}/services/Soap/m/{version}/{org15}",
            "passwordExpired": "false",
            "sandbox": "false",
            "serverUrl": f"{home}/services/Soap/{dialect}/{version}/{org15}",
            "sessionId": token,
            "userId": user_id,
        }
        info = f"<userInfo>{_elements(self._user_info(user))}</userInfo>"
        body = f"<loginResponse><result>{_elements(result)}{info}</result></loginResponse>"
        return _xml(200, f'xmlns="{_NAMESPACES[dialect]}"', body)

    def _user_info(self, user: Row) -> dict[str, object]:
        org = self._store.get("Organization", self._store.org_id)
        return {
            "organizationId": self._store.org_id,
            "organizationMultiCurrency": "false",
            "organizationName": org["Name"] if org is not None else "",
            "profileId": user["ProfileId"],
            "sessionSecondsValid": int(self._store.settings.session_timeout_s),
            "userEmail": user["Email"] or "",
            "userFullName": user["Name"],
            "userId": user["Id"],
            "userLanguage": user["LanguageLocaleKey"],
            "userLocale": user["LocaleSidKey"],
            "userName": user["Username"],
            "userTimeZone": user["TimeZoneSidKey"],
            "userType": user["UserType"],
        }


def _login_of(request: HttpRequest) -> tuple[str, str] | None:
    """Return username and password of a call of `login`, or None if it is none."""
    try:
        content = request.content()
        if b"<!DOCTYPE" in content:  # SOAP 1.1 forbids it, and its entities can be made to explode
            return None
        call = ET.fromstring(content).find(".//{*}Body/{*}login")  # noqa: S314  # no DTD
    except (ValueError, ET.ParseError):
        return None
    if call is None:
        return None
    return call.findtext("{*}username") or "", call.findtext("{*}password") or ""


def _fault(dialect: str, code: str, message: str) -> HttpAnswer:
    kind = "LoginFault" if code == "INVALID_LOGIN" else "UnexpectedErrorFault"
    detail = _elements({"sf:exceptionCode": code, "sf:exceptionMessage": message})
    body = (
        f"<soapenv:Fault><faultcode>sf:{code}</faultcode>"
        f"<faultstring>{escape(f'{code}: {message}')}</faultstring>"
        f'<detail><sf:{kind} xsi:type="sf:{kind}">{detail}</sf:{kind}></detail></soapenv:Fault>'
    )
    namespace = _NAMESPACES[dialect].replace("urn:", "urn:fault.")
    return _xml(500, f'xmlns:sf="{namespace}"', body)


def _elements(values: dict[str, object]) -> str:
    return "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in values.items())


def _xml(status: int, namespaces: str, body: str) -> HttpAnswer:
    written = _ENVELOPE.format(namespaces=namespaces, body=body)
    headers = {"Content-Type": "text/xml; charset=utf-8"}
    return HttpAnswer(status=status, body=written.encode(), headers=headers)
