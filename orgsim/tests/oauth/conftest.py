"""A running org, an app that talks to it, and a key with its certificate."""

import base64
import hashlib
import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from rest.conftest import START, Rest, clock, rest, server

__all__ = ["App", "clock", "rest", "server"]

CALLBACK = "https://dial.example/back"
VERIFIER = "w" * 171
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
)


class App:
    """An app registered with the org, and a browser of its own."""

    def __init__(self, rest: Rest):
        self.rest = rest
        self.root = rest.addresses.instance_url
        self.site = ""
        self.browser = requests.Session()
        self.browser.verify = rest.addresses.ca_file
        self.browser.trust_env = False
        self.secret = {"client_id": "lark", "client_secret": "quiet"}
        self.register()

    def register(self, **settings):
        """Register the app anew, with these settings of its own."""
        app = {**self.secret, "redirect_uris": [CALLBACK], **settings}
        self.rest.settings(connected_apps=[app])

    def url(self, name):
        return f"{self.root}{self.site}/services/oauth2/{name}"

    def get(self, url, **params):
        return self.browser.get(url, params=params, timeout=10, allow_redirects=False)

    def post(self, name, **form):
        return self.browser.post(self.url(name), data=form, timeout=10, allow_redirects=False)

    def authorize(self, **changes):
        asked = {
            "response_type": "code",
            "client_id": "lark",
            "redirect_uri": CALLBACK,
            "state": "s7",
            "code_challenge": CHALLENGE,
            "scope": "api refresh_token openid",
        }
        return self.get(self.url("authorize"), **asked | changes)

    def submit(self, page, **fields):
        """Fill in the form of a page and send it where the page says."""
        form = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
        action = re.search(r'action="([^"]+)"', page.text).group(1)
        return self.browser.post(
            self.root + action, data=form | fields, timeout=10, allow_redirects=False
        )

    def log_in(self, page, username=None, password=None):
        return self.submit(
            page,
            username=username or self.rest.addresses.username,
            password=password or self.rest.addresses.password,
        )

    def code(self, **changes):
        consent = self.log_in(self.authorize(**changes))
        return came_back(self.submit(consent, answer="allow"))["code"]

    def exchange(self, code):
        return self.post(
            "token",
            grant_type="authorization_code",
            code=code,
            redirect_uri=CALLBACK,
            code_verifier=VERIFIER,
            **self.secret,
        )

    def connect(self, **changes):
        answer = self.exchange(self.code(**changes))
        assert answer.ok, answer.text
        return answer.json()

    def refresh(self, token):
        return self.post("token", grant_type="refresh_token", refresh_token=token, **self.secret)

    def works(self, access_token, base=None):
        url = f"{base or self.root}/services/data/v62.0/limits"
        headers = {"Authorization": f"Bearer {access_token}"}
        return self.browser.get(url, headers=headers, timeout=10).status_code == 200


def came_back(answer):
    """What the app learns from the address that the browser is sent back to."""
    assert answer.status_code == 302, answer.text
    location = answer.headers["Location"]
    assert location.startswith(CALLBACK), location
    return {k: v[0] for k, v in parse_qs(urlsplit(location).query).items()}


def refusal(answer):
    """Status, error and description."""
    return answer.status_code, answer.json()["error"], answer.json()["error_description"]


@pytest.fixture
def app(rest):
    """An app; the org has no sites, is open, and knows no other app."""
    made = App(rest)
    yield made
    made.browser.close()


@pytest.fixture(scope="session")
def signing_key():
    """The private half of the app's certificate."""
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture(scope="session")
def certificate(signing_key):
    """The certificate that the app is registered with, in PEM."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "lark")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(signing_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(START)
        .not_valid_after(START + timedelta(days=30))
        .sign(signing_key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()
