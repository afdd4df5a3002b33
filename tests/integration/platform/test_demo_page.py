"""The demo page in a real browser, on the running stack."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.integration.client import get, wait
from tests.integration.platform.stack import PlatformStack, samples
from tests.proof import find

pytestmark = [pytest.mark.integration, pytest.mark.server("chromium")]
ALERT_SECONDS = 240


@pytest.fixture
def page(stack: PlatformStack) -> Iterator[Page]:
    """The page, opened; its script has had its first answer."""
    browser_file = find("chromium")
    assert browser_file is not None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which(browser_file.where), args=["--no-sandbox"])
        opened = browser.new_page()
        problems: list[str] = []
        opened.on("pageerror", lambda error: problems.append(str(error)))
        opened.goto(f"{stack.api}/demo")
        expect(opened.locator("tr[data-scenario]")).not_to_have_count(0)
        yield opened
        assert problems == []
        browser.close()


def test_links_lead_to_the_stack(stack: PlatformStack, page: Page) -> None:
    """Each program of the stack that runs here answers at its link."""
    links = {link.inner_text(): link.get_attribute("href") for link in page.locator("ul.links a").all()}

    assert set(links) == {"Grafana", "Prometheus", "Alertmanager", "Alert Sink"}
    for title in ("Prometheus", "Alertmanager", "Alert Sink"):
        port = stack.ports[title.lower().replace(" ", "_")]
        assert links[title] == f"http://localhost:{port}"


def test_a_switch_raises_its_alert_and_takes_it_back(stack: PlatformStack, page: Page) -> None:
    """Errors are switched on by a click; the alert appears on the page by itself; the next click ends it."""
    row = page.locator('tr[data-scenario="HighErrorRate"]')
    with stack.loaded("--users", 15, "--start-hour", 20):
        row.get_by_role("button", name="Switch on").click()
        expect(row.get_by_role("button", name="Switch off")).to_be_visible()
        assert get(f"{stack.api}/faults")["error_ratio"] == 0.05
        alert = page.locator("#alerts tr.firing", has_text="HighErrorRate").first
        expect(alert).to_contain_text("ml-api", timeout=ALERT_SECONDS * 1000)
    runbook = alert.get_by_role("link").get_attribute("href")
    assert runbook is not None
    assert "HighErrorRate" in runbook

    row.get_by_role("button", name="Switch off").click()
    expect(row.get_by_role("button", name="Switch on")).to_be_visible()
    assert get(f"{stack.api}/faults")["error_ratio"] == 0


def test_the_first_card_is_heated(stack: PlatformStack, page: Page) -> None:
    """The switch of the GPU simulator reaches it through the page's server."""
    row = page.locator('tr[data-scenario="GpuHot"]')
    row.get_by_role("button", name="Switch on").click()
    expect(row.get_by_role("button", name="Switch off")).to_be_visible()
    assert get(f"{stack.at('gpu_exporter')}/faults")["overheat"] == [0]
    row.get_by_role("button", name="Switch off").click()
    expect(row.get_by_role("button", name="Switch on")).to_be_visible()
    assert get(f"{stack.at('gpu_exporter')}/faults")["overheat"] == []


def test_a_cold_start_is_brought_about(stack: PlatformStack, page: Page) -> None:
    """The button has the models trained anew, for longer than the 10 s that are too long."""
    scorer = 'inference_cold_start_seconds{model="scorer"}'
    before = samples(stack.api)[scorer]
    page.locator('tr[data-scenario="ColdStartSlow"]').get_by_role("button").click()
    wait("another cold start", lambda: samples(stack.api)[scorer] != before or None, 120)

    assert before < 10 < samples(stack.api)[scorer]


def test_a_visit_is_measured_in_the_browser(stack: PlatformStack, page: Page) -> None:
    """What the browser measured of its own visit becomes a histogram."""
    name = 'web_vitals_seconds_count{name="FCP",page="/demo"}'
    before = samples(stack.api)[name]
    page.goto(f"{stack.api}/rum")
    wait("the beacon", lambda: samples(stack.api)[name] > before or None, 30)
