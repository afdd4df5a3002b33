"""The reset of the summary: what it forgets, what it leaves alone, and who may do it."""

from __future__ import annotations

from sample_app.telemetry import SummarySettings
from tests.unit.sample_app.sample_helpers import ask, requests_total
from tests.unit.sample_app.summary_helpers import RESET, data, summarized, take


def test_a_reset_starts_at_0_and_leaves_the_counters_alone() -> None:
    """The summary is that of what came after; Prometheus' counters never go down."""
    app, metrics = summarized(SummarySettings(reset_enabled=True))
    take(metrics, 0.001, 4.0)
    ask(app, ("GET", "/broken"))
    before = data(app)
    answer = ask(app, RESET)[0]

    assert (answer.status_code, answer.json()) == (200, {"success": True})
    empty = data(app)
    assert (empty["total_calls"], empty["total_errors"], empty["error_rate"], empty["recent_errors"]) == (0, 0, 0.0, [])
    assert {value for name, value in empty.items() if name.endswith("_response_time")} == {None}
    assert empty["requests_per_second"] == empty["mean_requests_per_second"] == 0
    assert empty["since"] >= before["since"]
    assert requests_total(app) == 3

    take(metrics, 0.3, 0.3)
    after = data(app)
    assert (after["total_calls"], after["min_response_time"], after["max_response_time"]) == (2, 0.3, 0.3)
    assert 0.25 <= after["p50_response_time"] <= 0.5
    assert requests_total(app) == 5


def test_a_reset_that_is_switched_off_says_so_and_does_nothing() -> None:
    """403 with what would switch it on, whatever the method."""
    app, metrics = summarized()
    take(metrics, 0.1)
    answers = ask(app, RESET, ("GET", RESET[1]))

    assert [answer.status_code for answer in answers] == [403, 403]
    assert "reset_enabled=True" in answers[0].json()["detail"]
    assert data(app)["total_calls"] == 1


def test_only_a_post_resets() -> None:
    """A link that someone follows does not."""
    app, metrics = summarized(SummarySettings(reset_enabled=True))
    take(metrics, 0.1)
    answer = ask(app, ("GET", RESET[1]))[0]

    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert data(app)["total_calls"] == 1


def test_requests_in_progress_are_those_of_now() -> None:
    """A reset does not touch them."""
    app, metrics = summarized(SummarySettings(reset_enabled=True))
    metrics.begin()
    ask(app, RESET)

    assert data(app)["in_progress"] == 1
