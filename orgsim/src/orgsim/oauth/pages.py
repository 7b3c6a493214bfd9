"""The pages a person sees while an app asks for access."""

from collections.abc import Mapping
from html import escape

from orgsim.schema import SObject

__all__ = [
    "consent_page",
    "error_page",
    "login_page",
    "message_page",
    "record_page",
    "site_login_page",
]

_STYLE = """
:root { color-scheme: light dark; font-family: system-ui, sans-serif; line-height: 1.5; }
body { margin: 0; display: grid; place-items: center; min-height: 100vh; }
main { width: min(26rem, calc(100vw - 2rem)); }
h1 { font-size: 1.4rem; }
label { display: block; margin-top: 1rem; font-weight: 600; }
input { box-sizing: border-box; width: 100%; padding: .6rem; font: inherit; }
button { margin: 1.25rem .5rem 0 0; padding: .6rem 1.4rem; font: inherit; cursor: pointer; }
.error { border-left: .3rem solid #b00020; padding-left: .75rem; }
dt { font-weight: 600; margin-top: .6rem; }
dd { margin: 0; white-space: pre-wrap; }
.note { opacity: .75; font-size: .9rem; }
"""

_SCOPES = {
    "api": "read and change this org's records",
    "web": "open this org's pages",
    "id": "see who you are",
    "profile": "see your name",
    "email": "see your e-mail address",
    "refresh_token": "act for you at any time, until you revoke it",
    "offline_access": "act for you at any time, until you revoke it",
    "full": "use everything you may use",
    "openid": "confirm who you are",
    "address": "see your address",
    "phone": "see your phone number",
}


def login_page(
    *, pending: str, client_id: str, prefix: str, username: str = "", error: str = ""
) -> str:
    """Return the form that asks for a username and a password on behalf of an app."""
    asks = f"<strong>{escape(client_id)}</strong> asks for access to this simulated Salesforce org."
    hidden = f'<input type="hidden" name="pending" value="{escape(pending)}">'
    action = f"{prefix}/services/oauth2/login"
    return _login_form("the simulated org", asks, action, hidden, username, error)


def site_login_page(
    *, prefix: str, name: str, start: str, username: str = "", error: str = ""
) -> str:
    """Return the form that asks a person for a username and a password."""
    hidden = f'<input type="hidden" name="startURL" value="{escape(start)}">'
    asks = "This is a simulated Salesforce org."
    return _login_form(name, asks, f"{prefix}/login", hidden, username, error)


def _login_form(
    name: str, sentence: str, action: str, hidden: str, username: str, error: str
) -> str:
    complaint = f'<p class="error" role="alert">{escape(error)}</p>' if error else ""
    return _page(
        f"Log in to {name}",
        f"""{complaint}
<p>{sentence}</p>
<form method="post" action="{escape(action)}">
{hidden}
<label for="username">Username</label>
<input id="username" name="username" value="{escape(username)}" autocomplete="username" required
 autofocus>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<button id="login" type="submit">Log in</button>
</form>
<p class="note">Every active user of this org logs in with the password that orgsim printed.</p>""",
    )


def consent_page(*, pending: str, client_id: str, prefix: str, user_name: str, scope: str) -> str:
    """Return the form on which a person allows or denies what an app asks for."""
    asked = "".join(
        f"<li>{escape(_SCOPES.get(word, word))} <small>({escape(word)})</small></li>"
        for word in scope.split()
    )
    return _page(
        "Allow access?",
        f"""<p><strong>{escape(client_id)}</strong> asks {escape(user_name)} to be allowed to:</p>
<ul>{asked}</ul>
<form method="post" action="{escape(prefix)}/services/oauth2/consent">
<input type="hidden" name="pending" value="{escape(pending)}">
<button id="allow" type="submit" name="answer" value="allow">Allow</button>
<button id="deny" type="submit" name="answer" value="deny">Deny</button>
</form>""",
    )


def error_page(error: str, description: str) -> str:
    """Return the page for a request that cannot be sent back to the app safely."""
    return _page(
        "This app cannot ask for access",
        f'<p class="error" role="alert"><strong>{escape(error)}</strong>: {escape(description)}</p>'
        "<p>Check the app's client id and callback address in the org's connected apps.</p>",
    )


def message_page(title: str, sentence: str) -> str:
    """Return a page with one sentence."""
    return _page(title, f"<p>{escape(sentence)}</p>")


def record_page(sobject: SObject, row: Mapping[str, object]) -> str:
    """Return a record's page with every field that has a value."""
    rows = "".join(
        f"<dt>{escape(f.label)}</dt><dd>{escape(str(row[f.name]))}</dd>"
        for f in sobject.columns.values()
        if row[f.name] is not None
    )
    named = sobject.name_field
    title = row[named.name] if named is not None else row["Id"]
    return _page(f"{sobject.label}: {title or row['Id']}", f"<dl>{rows}</dl>")


def _page(title: str, body: str) -> str:
    return f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title><style>{_STYLE}</style></head>
<body><main><h1>{escape(title)}</h1>
{body}
</main></body></html>
"""
