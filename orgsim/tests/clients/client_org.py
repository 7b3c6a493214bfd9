"""An emptied org as a client's user knows it, and a client's process."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import requests

from orgsim.server import OrgServer

RUN_LIMIT_S = 80
REDIRECT_URI = "http://localhost:1717/OauthRedirect"
APP = {
    "client_id": "warehouse",
    "client_secret": "s3cret",
    "redirect_uris": [REDIRECT_URI],
    "rotation": False,
}


class ClientOrg:
    """The addresses of an emptied org, a token, and an app that its admin has set up."""

    def __init__(self, server: OrgServer):
        self.server = server
        self.addresses = server.addresses
        app = {**APP, "run_as": self.addresses.username}
        self.control("settings", {"connected_apps": [app], "external_id_field": True})
        self.token = self.control("token", {})["access_token"]

    def control(self, resource: str, body: object) -> Any:
        url = f"{self.addresses.control_url}/_org/{resource}"
        answer = requests.post(url, json=body, timeout=30)
        assert answer.ok, answer.text
        return answer.json()

    def load_leads(self, *fields: dict[str, str]) -> list[str]:
        """Store leads past all rules; gives their ids."""
        records = [{"type": "Lead", "fields": {"Company": "Pell & Co", **f}} for f in fields]
        return self.control("load", {"records": records})["ids"]

    def delete(self, sobject: str, record_id: str) -> None:
        """Put a record into the recycle bin."""
        url = f"{self.addresses.http_url}/services/data/v62.0/sobjects/{sobject}/{record_id}"
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = requests.delete(url, headers=headers, timeout=30)
        assert answer.ok, answer.text

    def refresh_token(self) -> str:
        """Return what the app got when the admin allowed it."""
        return self.control("token", {"as_app": APP["client_id"]})["refresh_token"]

    @property
    def proxied_hosts(self) -> set[str]:
        """Salesforce's hosts that the proxy was asked for."""
        return self.server.proxy.hosts

    def environment(self, **more: str) -> dict[str, str]:
        """Return what a client's process is told; no proxy or package setting of ours leaks in."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
        return {
            **kept,
            "ORG_URL": self.addresses.instance_url,
            "ORG_HTTP_URL": self.addresses.http_url,
            "ORG_TOKEN": self.token,
            "ORG_USERNAME": self.addresses.username,
            "ORG_PASSWORD": self.addresses.password,
            "APP_ID": APP["client_id"],
            "APP_SECRET": APP["client_secret"],
            "APP_REDIRECT_URI": REDIRECT_URI,
            **more,
        }


def run_process(
    command: Sequence[str | Path], environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a client to its end, in its home if it has one."""
    return subprocess.run(
        [str(part) for part in command],
        cwd=environment.get("HOME"),
        env=dict(environment),
        capture_output=True,
        text=True,
        timeout=RUN_LIMIT_S,
        check=False,
    )
