"""Beacons of browsers: what is measured, what is refused, the page and the script that send them."""

from __future__ import annotations

import json
import shutil
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from playwright.sync_api import sync_playwright
from prometheus_client import CollectorRegistry

from sample_app.api.rum import MOST_BYTES, PAGES, RumMetrics, rum_routes
from tests.proof import find
from tests.unit.sample_app.inference_helpers import eventually, served
from tests.unit.sample_app.sample_helpers import Series, asgi, ask, http_scope, run


class Rum:
    """The routes alone, with a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.app = FastAPI()
        self.app.include_router(rum_routes(RumMetrics(self.registry)))

    def send(self, body: bytes | Any, content_type: str = "text/plain;charset=UTF-8") -> int:
        """The status of one beacon."""
        return self.answer(body, content_type).status_code

    def answer(self, body: bytes | Any, content_type: str = "text/plain;charset=UTF-8") -> httpx.Response:
        """The answer to one beacon."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": content_type}
        return run(lambda client: client.post("/rum", content=content, headers=headers), self.app)

    def value(self, name: str, /, **labels: str) -> float | None:
        """A sample; None where there is none."""
        return self.registry.get_sample_value(name, labels)

    def series(self) -> Series:
        """All samples of the registry, without the times at which they began."""
        samples = [s for family in self.registry.collect() for s in family.samples if not s.name.endswith("_created")]
        return {(sample.name, tuple(sorted(sample.labels.items()))): sample.value for sample in samples}


@pytest.fixture
def rum() -> Rum:
    """Fresh routes."""
    return Rum()


def beacon(page: str = "/demo", **metrics: Any) -> dict[str, Any]:
    """A beacon with these metrics."""
    return {"page": page, "metrics": [{"name": name, "value": value} for name, value in metrics.items()]}


@pytest.mark.parametrize("content_type", ["text/plain;charset=UTF-8", "application/json", "x", ""])
def test_milliseconds_become_seconds_and_shifts_stay(rum: Rum, content_type: str) -> None:
    """204, whatever content type the browser says."""
    assert rum.send(beacon(LCP=1234.5, INP=80, FCP=900, TTFB=0, CLS=0.12), content_type) == 204

    assert rum.value("web_vitals_seconds_sum", page="/demo", name="LCP") == pytest.approx(1.2345)
    assert rum.value("web_vitals_seconds_sum", page="/demo", name="INP") == pytest.approx(0.08)
    assert rum.value("web_vitals_seconds_bucket", page="/demo", name="FCP", le="0.8") == 0
    assert rum.value("web_vitals_seconds_bucket", page="/demo", name="FCP", le="1.2") == 1
    assert rum.value("web_vitals_seconds_count", page="/demo", name="TTFB") == 1
    assert rum.value("web_vitals_cumulative_layout_shift_sum", page="/demo") == pytest.approx(0.12)
    assert rum.value("web_vitals_seconds_count", page="/", name="LCP") == 0


def test_the_limits_of_good_and_poor_are_buckets(rum: Rum) -> None:
    """So that shares of good page views are exact."""
    bounds = {dict(labels).get("le") for name, labels in rum.series() if name == "web_vitals_seconds_bucket"}
    assert bounds >= {"0.2", "0.5", "0.8", "1.8", "2.5", "3.0", "4.0"}
    shifts = {dict(labels).get("le") for name, labels in rum.series() if "layout_shift_bucket" in name}
    assert shifts >= {"0.1", "0.25"}


def test_a_thousand_pages_add_no_series(rum: Rum) -> None:
    """Pages that nobody declared are one page, `other`."""
    before = rum.series()

    async def thousand(client: httpx.AsyncClient) -> set[int]:
        bodies = (json.dumps(beacon(f"/users/{number}", LCP=1, CLS=0)) for number in range(1000))
        return {(await client.post("/rum", content=body)).status_code for body in bodies}

    assert run(thousand, rum.app) == {204}
    after = rum.series()
    assert after.keys() == before.keys()
    assert rum.value("web_vitals_seconds_count", page="other", name="LCP") == 1000
    assert {dict(labels)["page"] for _name, labels in after} == {*PAGES, "other"}


REFUSED: list[Any] = [
    b"",
    b"nonsense",
    b"\xff\xfe",
    b"[" * 4000,
    b'{"page":"/demo","metrics":[{"name":"LCP","value":NaN}]}',
    b'{"page":"/demo","metrics":[{"name":"LCP","value":1e999}]}',
    b'{"page":"\\ud800","metrics":[{"name":"LCP","value":1}]}',
    [],
    {},
    {"page": "/demo", "metrics": []},
    {"page": "/demo", "metrics": [{"name": "LCP", "value": 1}] * 21},
    {"page": 1, "metrics": [{"name": "LCP", "value": 1}]},
    beacon("/" * 2001, LCP=1),
    beacon(LCP=-1),
    beacon(LCP=600_001),
    beacon(LCP="1"),
    beacon(LCP=True),
    beacon(LCP=None),
    beacon(CLS=101),
    beacon(FID=1),
    beacon(lcp=1),
    {**beacon(LCP=1), "more": 1},
    {"page": "/demo", "metrics": [{"name": "LCP", "value": 1, "id": "x"}]},
    {"page": "/demo", "metrics": [{"name": "LCP", "value": 1}, {"name": "LCP", "value": -1}]},
]


@pytest.mark.parametrize("body", REFUSED)
def test_a_beacon_that_is_wrong_is_refused_as_a_whole(rum: Rum, body: Any) -> None:
    """422 that says where; nothing of it is measured."""
    before = rum.series()
    answer = rum.answer(body)

    assert answer.status_code == 422
    assert answer.json()["detail"][0].keys() == {"loc", "msg", "type"}
    assert rum.series() == before


def test_a_beacon_that_is_too_large_is_not_read_to_its_end(rum: Rum) -> None:
    """413 as soon as it is too large, also without a length."""
    read = 0

    async def endless() -> Any:
        nonlocal read
        for _ in range(1000):
            read += 1
            yield b" " * 1024

    async def work(client: httpx.AsyncClient) -> int:
        return (await client.post("/rum", content=endless())).status_code

    padding = b" " * (MOST_BYTES - len(json.dumps(beacon(LCP=1))))
    assert rum.send(json.dumps(beacon(LCP=1)).encode() + padding) == 204
    assert rum.send(json.dumps(beacon(LCP=1)).encode() + padding + b" ") == 413
    assert run(work, rum.app) == 413
    assert rum.value("web_vitals_seconds_count", page="/demo", name="LCP") == 1


def test_a_browser_that_leaves_is_no_failure(rum: Rum) -> None:
    """A beacon that ends early is 400, not 500."""
    sent: list[Any] = []

    async def half() -> None:
        begun = {"type": "http.request", "body": b'{"page":', "more_body": True}
        sent.extend(await asgi(rum.app, http_scope("POST", "/rum"), begun))

    run(lambda _client: half(), rum.app)
    assert sent[0]["status"] == 400


def test_the_page_brings_its_script(rum: Rum) -> None:
    """Both are served, small, and may only talk to where they came from."""
    page, script = ask(rum.app, ("GET", "/rum"), ("GET", "/static/rum.js"))

    assert page.headers["content-type"].startswith("text/html")
    assert "connect-src 'self'" in page.headers["content-security-policy"]
    assert 'src="static/rum.js"' in page.text
    assert script.headers["content-type"].startswith("text/javascript")
    assert "sendBeacon" in script.text
    assert "://" not in page.text + script.text


@pytest.mark.server("chromium")
def test_a_real_browser_sends_all_five_once(rum: Rum) -> None:
    """A page view with a click and a shift: one beacon when the page is left, none while it is open."""
    browser_file = find("chromium")
    assert browser_file is not None
    with served(rum.app) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which(browser_file.where), args=["--no-sandbox"])
        page = browser.new_page()
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        page.goto(f"{url}/rum")
        painted = "performance.getEntriesByName('first-contentful-paint').length > 0"
        assert eventually(lambda: page.evaluate(painted))
        page.evaluate("document.body.prepend(Object.assign(document.createElement('p'), {style: 'height: 300px'}))")
        page.evaluate(SHIFTED)
        page.get_by_role("button").click()
        page.evaluate(INTERACTED)
        assert rum.value("web_vitals_seconds_count", page="/rum", name="LCP") == 0
        page.goto("about:blank")
        assert eventually(lambda: rum.value("web_vitals_seconds_count", page="/rum", name="LCP") == 1)
        browser.close()

    assert [p for p in problems if "favicon" not in p and "404" not in p] == []
    for name in ("LCP", "INP", "FCP", "TTFB"):
        assert rum.value("web_vitals_seconds_count", page="/rum", name=name) == 1
        assert 0 < (rum.value("web_vitals_seconds_sum", page="/rum", name=name) or 0) < 60
    assert rum.value("web_vitals_cumulative_layout_shift_count", page="/rum") == 1
    assert 0 < (rum.value("web_vitals_cumulative_layout_shift_sum", page="/rum") or 0) < 1


def _seen(kind: str) -> str:
    """JavaScript: whether the browser has measured something of this kind."""
    return f"""() => new Promise((done) => new PerformanceObserver((list) => done(true))
        .observe({{ type: "{kind}", buffered: true }}))"""


SHIFTED, INTERACTED = _seen("layout-shift"), _seen("first-input")
