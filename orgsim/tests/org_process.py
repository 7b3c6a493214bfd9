"""An org as a process of its own."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import requests

__all__ = ["OrgProcess"]

SOURCE = Path(__file__).resolve().parents[1] / "src"
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class OrgProcess:
    """`python -m orgsim` as a process."""

    def __init__(self, *arguments, folder=None):
        command = [sys.executable, "-m", "orgsim", *map(str, arguments)]
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        # Nothing is told by an org that cannot start.
        self.told = json.loads(self.process.stdout.readline() or "{}")
        self.session = requests.Session()

    def control(self, method, resource, body=None):
        url = f"{self.told['control_url']}/_org/{resource}"
        return self.session.request(method, url, json=body, timeout=10)

    def get(self, path, token, **params):
        url = self.told["http_url"] + path
        headers = {"Authorization": f"Bearer {token}"}
        return self.session.get(url, params=params, headers=headers, timeout=10)

    def token(self):
        return self.control("POST", "token").json()["access_token"]

    def processor_s(self):
        stat = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(stat[11]) + int(stat[12])) / TICKS_PER_S

    def stop(self) -> int:
        """End the process, unless it has ended; gives its exit code."""
        self.session.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        if not self.process.stdout.closed:
            self.process.communicate(timeout=10)
        return self.process.returncode
