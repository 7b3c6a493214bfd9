"""Walks the real OAuth pages as a person's browser would: follows them on, keeps cookies, presses buttons."""

from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import requests

from local.processes import LocalCloudError

PAGE_TIMEOUT_S = 20
MOST_REDIRECTS = 10


class _Onward(HTMLParser):
    """Where a page goes on to by itself; empty when it stays."""

    def __init__(self) -> None:
        super().__init__()
        self.url = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "meta" and given.get("http-equiv") == "refresh":
            self.url = (given.get("content") or "").partition("url=")[2]


class _Form(HTMLParser):
    """The page's form: its address and its fields, with the button of one id."""

    def __init__(self, button: str) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self._button = button

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = given.get("action", "")
        elif "name" in given and (
            tag == "input" or (tag == "button" and given.get("id") == self._button)
        ):
            self.fields[given["name"]] = given.get("value", "")


class Visitor:
    """One browser without a screen; http on localhost counts as secure for it, as for real ones."""

    def __init__(self, ca_file: str) -> None:
        self._ca_file = ca_file
        self._cookies: dict[str, dict[str, str]] = {}
        self._page: requests.Response | None = None

    def connect(self, connect_url: str, *, username: str, password: str) -> str:
        """Opens the connect address, goes on, logs in, allows the access; returns the last page's HTML.

        Raises:
            LocalCloudError: a page on the way was not what it should be.
        """
        self._open("GET", connect_url)
        self._press("continue", {})
        self._press("login", {"username": username, "password": password})
        self._press("allow", {})
        assert self._page is not None
        if not self._page.ok:
            raise LocalCloudError(
                f"Connecting ended on {self._page.url} with status {self._page.status_code}."
            )
        return self._page.text

    def _press(self, button: str, filled: dict[str, str]) -> None:
        assert self._page is not None
        form = _Form(button)
        form.feed(self._page.text)
        if not form.action:
            raise LocalCloudError(
                f"The page {self._page.url} (status {self._page.status_code}) has no form to press"
                f" {button} on."
            )
        self._open("POST", urljoin(self._page.url, form.action), {**form.fields, **filled})

    def _open(self, method: str, url: str, form: dict[str, str] | None = None) -> None:
        page = self._request(method, url, form)
        for _ in range(MOST_REDIRECTS):
            onward = _onward(page)
            if not onward:
                break
            page = self._request("GET", urljoin(page.url, onward), None)
        self._page = page

    def _request(self, method: str, url: str, form: dict[str, str] | None) -> requests.Response:
        # Cookies by hand: requests would never send a Secure one to http://localhost.
        at = urlsplit(url)
        kept = self._cookies.setdefault(at.netloc, {})
        headers = {"cookie": "; ".join(f"{name}={value}" for name, value in kept.items())}
        if form is not None:
            # Every form that is pressed here belongs to the host that it goes to.
            headers["origin"] = f"{at.scheme}://{at.netloc}"
        answer = requests.request(
            method,
            url,
            data=form,
            headers=headers,
            allow_redirects=False,
            timeout=PAGE_TIMEOUT_S,
            verify=self._ca_file,
        )
        kept.update(answer.cookies.get_dict())
        return answer


def _onward(page: requests.Response) -> str:
    """Where a browser goes from a page without anybody's hand."""
    if page.is_redirect:
        return page.headers["location"]
    found = _Onward()
    found.feed(page.text)
    return found.url
