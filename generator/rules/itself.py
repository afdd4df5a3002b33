"""Input series for the unit tests of the stack's own alerts: what Prometheus and Alertmanager say of themselves."""

from __future__ import annotations

from collections.abc import Iterator

from generator import names
from generator.model import Stack
from generator.rules.base import Pairs, Scenario, Series
from generator.rules.scenarios import held

WHO: Pairs = ((names.INSTANCE, "test:1"),)
ENDLESS = 4000
MOST = 1e9


def labelled(job: str, **more: str) -> Pairs:
    """The labels of a series that a server of the stack tells of itself."""
    return tuple(sorted({names.INSTANCE: "test:1", names.JOB: job, names.TEAM: "ops", **more}.items()))


def late_after(stack: Stack, hold: float) -> float:
    """Seconds after which an alert with this `for` must fire."""
    return hold + 60 + 4 * (stack.scrape_interval + stack.evaluation_interval)


def counter(
    stack: Stack, alert: str, metric: str, labels: Pairs, what: str, window: float = 180.0, default: float = 300.0
) -> Iterator[Scenario]:
    """A counter that grows for longer than `for`; one that grew once, stands still, begins anew or is missing."""
    hold, step = held(stack, alert, default), stack.scrape_interval
    late = late_after(stack, hold)
    growing = (Series(metric, labels, step=1),)
    yield Scenario(f"{what} fires after for", growing, late, True, WHO)
    if hold >= 4 * stack.evaluation_interval:
        yield Scenario(f"{what} is silent before for", growing, hold * 0.5, False, WHO)
    for said, values, at in (
        ("of long ago", f"7x{ENDLESS}", late),
        ("of before a restart", f"7x8 0x{ENDLESS}", 12 * step),
        ("of before a gap", f"7x8 _x8 0x{ENDLESS}", 20 * step),
    ):
        yield Scenario(f"{what} {said} is silent", (Series(metric, labels, values=values),), at, False, WHO)
    if hold > window:
        once = (Series(metric, labels, values=f"0x4 1x{ENDLESS}"),)
        yield Scenario(f"{what} once is silent", once, hold + 5 * step, False, WHO)


def evaluation(stack: Stack) -> Iterator[Scenario]:
    """Rules that fail, and rules that are skipped because the ones before took too long."""
    alert, group = "RuleEvaluationFailing", labelled(names.JOB_PROMETHEUS, rule_group="rules/a.yml;a")
    yield from counter(stack, alert, "prometheus_rule_evaluation_failures_total", group, "a failure")
    yield from counter(stack, alert, "prometheus_rule_group_iterations_missed_total", group, "a missed evaluation")
    if stack.logs:
        of_lines = labelled(names.JOB_LOKI, rule_group="rules/fake/logs.yml;logs")
        yield from counter(
            stack, alert, "loki_prometheus_rule_evaluation_failures_total", of_lines, "a failure of Loki"
        )
    yield Scenario("no data is silent", (), late_after(stack, held(stack, alert, 300)), False, WHO)


def delivery(stack: Stack, window: float) -> Iterator[Scenario]:
    """Alerts that Alertmanager does not take, and notifications that no receiver takes."""
    alert, sender = "AlertsNotDelivered", labelled(names.JOB_PROMETHEUS)
    sent = labelled(names.JOB_PROMETHEUS, alertmanager="http://alertmanager:9093/api/v2/alerts")
    yield from counter(stack, alert, "prometheus_notifications_errors_total", sent, "an alert that is refused")
    yield from counter(stack, alert, "prometheus_notifications_dropped_total", sender, "an alert that is dropped")
    if stack.logs:
        loki = labelled(names.JOB_LOKI, alertmanager="http://alertmanager:9093/api/v2/alerts")
        for what in ("errors", "dropped"):
            yield from counter(stack, alert, f"loki_prometheus_notifications_{what}_total", loki, f"{what} of Loki")
    metric = "alertmanager_notifications_failed_total"
    for version in ({}, {"reason": "serverError"}):
        told = labelled(names.JOB_ALERTMANAGER, integration="webhook", **version)
        said = "a notification that fails" + (" for a reason" if version else "")
        yield from counter(stack, alert, metric, told, said, window)
    late = late_after(stack, held(stack, alert, 300))
    reloaded = labelled(names.JOB_ALERTMANAGER, integration="webhook", reason="contextCanceled")
    yield Scenario("what a reload cut off is silent", (Series(metric, reloaded, step=1),), late, False, WHO)
    yield Scenario("no data is silent", (), late, False, WHO)


def reload(stack: Stack) -> Iterator[Scenario]:
    """A file that was refused, for longer than `for` and only for a moment."""
    hold = held(stack, "ConfigReloadFailed", 300)
    late = late_after(stack, hold)
    for job in (names.JOB_PROMETHEUS, names.JOB_ALERTMANAGER):
        metric, labels = f"{job}_config_last_reload_successful", labelled(job)
        refused = (Series(metric, labels),)
        yield Scenario(f"{job}: a refused file fires after for", refused, late, True, WHO)
        if hold >= 8 * stack.scrape_interval:
            yield Scenario(f"{job}: a refused file is silent before for", refused, hold * 0.75, False, WHO)
            mended = (Series(metric, labels, values=f"0x4 1x{ENDLESS}"),)
            yield Scenario(f"{job}: a file that was mended is silent", mended, late, False, WHO)
        yield Scenario(f"{job}: a loaded file is silent", (Series(metric, labels, start=1),), late, False, WHO)
    yield Scenario("no data is silent", (), late, False, WHO)


def storage(stack: Stack) -> Iterator[Scenario]:
    """Blocks, log and head together near the size limit: before the time limit, and after it."""
    hold, limit = held(stack, "MetricsStorageNearLimit", 1800), stack.metrics_storage.value
    late = late_after(stack, hold)
    above, below = limit * 1.02, limit * 0.98
    yield Scenario("near its size too early fires after for", _tsdb(stack, above, above / 2), late, True, WHO)
    if hold >= 4 * stack.evaluation_interval:
        early = _tsdb(stack, above, above / 2)
        yield Scenario("near its size too early is silent before for", early, hold * 0.75, False, WHO)
    yield Scenario("below its size is silent", _tsdb(stack, below, below / 2), late, False, WHO)
    yield Scenario("near its size and its time alike is silent", _tsdb(stack, above, above * 1.1), late, False, WHO)
    blocks = _tsdb(stack, above, above / 2, log=False)
    yield Scenario("blocks alone, as 2.42 tells them, fires after for", blocks, late, True, WHO)
    unlimited = (*blocks[:1], *blocks[2:], Series(blocks[1].metric, blocks[1].labels))
    yield Scenario("without a size limit is silent", unlimited, late, False, WHO)
    empty = (*blocks[:2], Series(blocks[2].metric, blocks[2].labels, start=9.2e15))
    yield Scenario("without a sample is silent", empty, late, False, WHO)
    yield Scenario("no data is silent", (), late, False, WHO)


def _tsdb(stack: Stack, used: float, age: float, *, log: bool = True) -> tuple[Series, ...]:
    """A database that fills so much of its size limit, whose oldest sample has lived so much of the time limit."""
    labels, prefix = labelled(names.JOB_PROMETHEUS), "prometheus_tsdb"
    part = round(MOST * used / 4) if log else 0
    oldest = -age * stack.retention.metrics
    found = (
        Series(f"{prefix}_storage_blocks_bytes", labels, start=round(MOST * used) - 2 * part),
        Series(f"{prefix}_retention_limit_bytes", labels, start=MOST),
        Series(f"{prefix}_lowest_timestamp_seconds", labels, start=oldest, step=stack.scrape_interval),
    )
    sizes = (Series(f"{prefix}_{what}_storage_size_bytes", labels, start=part) for what in ("wal", "head_chunks"))
    return (*found, *sizes) if log else found
