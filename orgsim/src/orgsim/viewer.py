"""The request log as a page for a browser: `/_org/`."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape

from orgsim.journal import Entry, Journal
from orgsim.times import rfc3339
from orgsim.web import HttpAnswer, html

__all__ = ["log_page"]

_MOST_ROWS = 500
_HUNDRED = 100
_CLASSES = ("2xx", "3xx", "4xx", "5xx")
# What stands in the column of the status while there is none, and when there never will be one.
_WAITING, _CUT = "waiting", "cut"
_COLUMNS = ("number", "time (UTC)", "method", "path", "status", "counted", "client", "fault")

_STYLE = """
:root { color-scheme: light dark; font: 15px/1.4 system-ui, sans-serif; }
body { margin: 1.5rem; }
h1 { font-size: 1.3rem; margin: 0 0 .8rem; }
form { display: flex; flex-wrap: wrap; gap: .4rem 1.2rem; align-items: center; }
input:not([type=checkbox]) { font: inherit; padding: .3rem .5rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .25rem .7rem .25rem 0; border-bottom: 1px solid #8884; }
td { font-family: ui-monospace, monospace; font-size: .9em; overflow-wrap: anywhere; }
thead th { position: sticky; top: 0; background: Canvas; }
.s4 td:nth-child(5), .s5 td:nth-child(5), .sc td:nth-child(5) { color: light-dark(#a3001e, #ff8a9a); }
.sw td:nth-child(5) { font-style: italic; }
.struck td { background: #f5a62333; }
"""
_SCRIPT = """
const form = document.querySelector("form"), pause = document.getElementById("pause");
let turn = 0;
async function renew() {
  const mine = ++turn, wanted = new URLSearchParams(new FormData(form));
  for (const [name, value] of [...wanted]) if (!value) wanted.delete(name);
  history.replaceState(null, "", wanted.size ? "?" + wanted : location.pathname);
  try {
    const page = await (await fetch(location.href)).text();
    if (mine !== turn) return;
    const fresh = new DOMParser().parseFromString(page, "text/html").getElementById("log");
    document.getElementById("log").replaceWith(fresh);
  } catch {
    document.getElementById("summary").textContent = "The org does not answer; trying again.";
  }
}
form.addEventListener("input", event => { if (event.target !== pause) renew(); });
form.addEventListener("submit", event => { event.preventDefault(); renew(); });
setInterval(() => { if (!pause.checked) renew(); }, 1000);
"""
_SCRIPT_HASH = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()
_POLICY = (
    f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{_SCRIPT_HASH}';"
    " img-src data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """Which requests to show: part of the path in any case, a status, only those a fault struck.

    `status` is a number (`503`), a class (`5xx`), `waiting` or `cut`; empty texts mean all.
    """

    path: str
    status: str
    faults: bool

    def fits(self, entry: Entry) -> bool:
        """Return whether a request is wanted."""
        return (
            self.path.lower() in entry.path.lower()
            and self.status.lower() in {"", _shown_status(entry), _class_of(entry)}
            and (entry.fault is not None or not self.faults)
        )


def log_page(journal: Journal, params: Mapping[str, str]) -> HttpAnswer:
    """Return the page with the newest requests first; it renews itself once a second.

    `params` are `path`, `status` and `faults`, so that what is shown has an address.
    """
    wanted = _Wanted(
        path=params.get("path", "").strip(),
        status=params.get("status", "").strip(),
        faults=bool(params.get("faults")),
    )
    entries = journal.since()
    answer = html(_page(wanted, entries, [entry for entry in entries if wanted.fits(entry)]))
    return replace(answer, headers={**answer.headers, "Content-Security-Policy": _POLICY})


def _page(wanted: _Wanted, entries: Sequence[Entry], fitting: Sequence[Entry]) -> str:
    statuses = "".join(f'<option value="{word}">' for word in (*_CLASSES, _WAITING, _CUT))
    heads = "".join(f'<th scope="col">{name}</th>' for name in _COLUMNS)
    rows = "\n".join(map(_row, reversed(fitting[-_MOST_ROWS:])))
    return f"""<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>orgsim: requests</title><link rel="icon" href="data:,"><style>{_STYLE}</style>
<noscript><meta http-equiv="refresh" content="2"></noscript></head>
<body>
<h1>Requests to the simulated org</h1>
<form>
<label>path <input id="path" name="path" value="{escape(wanted.path)}" size="32"
 placeholder="part of it"></label>
<label>status <input id="status" name="status" value="{escape(wanted.status)}" size="10"
 placeholder="503, 4xx" list="statuses"></label><datalist id="statuses">{statuses}</datalist>
<label><input id="faults" name="faults" type="checkbox" value="1"{" checked" * wanted.faults}>
 only with a fault</label>
<label><input id="pause" type="checkbox"> pause</label>
<noscript><button>Show</button></noscript>
</form>
<section id="log">
<p id="summary" role="status">{_summary(entries, fitting)}</p>
<table><thead><tr>{heads}</tr></thead>
<tbody>
{rows}
</tbody></table>
</section>
<script>{_SCRIPT}</script>
</body></html>
"""


def _summary(entries: Sequence[Entry], fitting: Sequence[Entry]) -> str:
    if not entries:
        return "No request has come in yet."
    newest = f", the newest {_MOST_ROWS}" if len(fitting) > _MOST_ROWS else ""
    return (
        f"{len(fitting):,} of {len(entries):,} requests{newest};"
        f" {sum(entry.counted for entry in fitting):,} counted as API calls,"
        f" {sum(entry.fault is not None for entry in fitting):,} with a fault."
    )


def _row(entry: Entry) -> str:
    status = _shown_status(entry)
    cells = (
        str(entry.number),
        rfc3339(entry.at).replace("T", " ").removesuffix("Z"),
        entry.method,
        entry.path,
        status,
        str(entry.counted),
        entry.client or "",
        entry.fault or "",
    )
    words = f"s{status[0]} struck" if entry.fault else f"s{status[0]}"
    columns = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
    return f'<tr id="r{entry.number}" class="{words}">{columns}</tr>'


def _shown_status(entry: Entry) -> str:
    if entry.status is None:
        return _WAITING
    return str(entry.status) if entry.status else _CUT


def _class_of(entry: Entry) -> str:
    return f"{(entry.status or 0) // _HUNDRED}xx"
