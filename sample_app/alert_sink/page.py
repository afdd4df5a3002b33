"""The sink's HTML. Whatever came from outside passes `escape` or `link` here."""

from __future__ import annotations

from html import escape

from .markdown import link, to_html
from .ring import Stored

SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
REFRESH_SECONDS = 10
MOST_PAST = 200

_SEVERITIES = ("critical", "warning", "info")
_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #1d2430; }
article { border-left: 6px solid #8a94a3; background: #f5f6f8; margin: .6rem 0; padding: .5rem .9rem; }
article.critical { border-color: #c4162a; } article.warning { border-color: #d9820f; }
article.info { border-color: #2f6fd0; } article.past { opacity: .65; }
h3 { margin: 0; font-size: 1rem; } p { margin: .25rem 0; } small { color: #5b6675; }
pre { background: #f5f6f8; padding: .7rem; overflow-x: auto; } code { background: #eceef1; }
"""


def alerts_page(current: list[Stored], past: list[Stored]) -> str:
    """The page with the alerts that fire now and those that are over, newest first."""
    body = [f"<h1>Alerts</h1><h2>Firing now: {len(current)}</h2>"]
    body += [_article(stored, "") for stored in current] or ["<p>No alert is firing.</p>"]
    body.append(f"<h2>Past: {len(past)}</h2>")
    body += [_article(stored, " past") for stored in past[:MOST_PAST]]
    if len(past) > MOST_PAST:
        body.append(f"<p>{len(past) - MOST_PAST} older ones are at /alerts.</p>")
    return _document(f"Alerts ({len(current)})", "\n".join(body), refresh=True)


def runbook_page(name: str, markdown: str) -> str:
    """One runbook."""
    return _document(name, to_html(markdown), refresh=False)


def _article(stored: Stored, extra: str) -> str:
    alert = stored.alert
    labels, notes = alert.labels, alert.annotations
    severity = labels.get("severity", "")
    style = severity if severity in _SEVERITIES else "other"
    about = labels.get("service") or labels.get("instance") or labels.get("database") or labels.get("job") or ""
    title = " · ".join(part for part in (labels.get("alertname", "(no name)"), severity, about) if part)
    texts = [notes[key] for key in ("summary", "description", "value") if notes.get(key)]
    links = (("runbook", notes.get("runbook_url")), ("dashboard", notes.get("dashboard_url")))
    linked = " · ".join(link(url, text) for text, url in (*links, ("source", alert.generatorURL)) if url)
    return "".join(
        (
            f'<article class="{style}{extra}"><h3>{escape(title)}</h3>',
            *(f"<p>{escape(text)}</p>" for text in texts),
            f"<p>{linked}</p>" if linked else "",
            f"<small>{escape(_history(stored))}</small></article>",
        )
    )


def _history(stored: Stored) -> str:
    alert = stored.alert
    ended = f", ended {alert.endsAt}" if alert.status == "resolved" else ""
    return f"{alert.status}, started {alert.startsAt}{ended}, received {stored.received_at} by {stored.receiver}"


def _document(title: str, body: str, *, refresh: bool) -> str:
    meta = f'<meta http-equiv="refresh" content="{REFRESH_SECONDS}">' if refresh else ""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">{meta}'
        f'<meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body>{body}</body></html>"
    )
