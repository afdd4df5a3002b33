"""English: alerts of stack."""

from __future__ import annotations

from generator.texts.base import AlertText

ALERTS: dict[str, AlertText] = {
    "Watchdog": AlertText(
        "Alerting of <subject> works",
        "This alert always fires. Whoever stops receiving it knows that alerting is down.",
        "The dead man's switch of the stack.",
        ("Nothing to do while it fires.", "It stopped: look at Prometheus, Alertmanager and the receiver."),
    ),
    "RuleEvaluationFailing": AlertText(
        "Rules fail: <subject>",
        "<value> evaluations of <subject> failed or were skipped within 3 minutes; expected <limit>.",
        "Prometheus cannot evaluate a rule, or the rules of a group take longer than their interval and some are "
        "skipped. What such a rule records or alerts on is missing: its alerts stay silent whatever happens.",
        (
            "On Prometheus' page Status > Rule health, find the rule that is marked as failing and read its error.",
            "`many-to-many matching` or `duplicate series`: two targets give the same labels; look for one address in "
            "two jobs.",
            "Nothing is marked: evaluations are skipped. Compare `prometheus_rule_group_last_duration_seconds` with "
            "the interval, and look at Prometheus' CPU and memory.",
            "A rule of your own in `alerting.rules`: mend it in spec.yaml, `make check`, `make up`.",
        ),
    ),
    "AlertsNotDelivered": AlertText(
        "Alerts are lost: <subject>",
        "<subject> could not deliver <value> alerts or notifications of the last minutes; expected <limit>.",
        "Prometheus cannot hand alerts to Alertmanager, or Alertmanager gave a notification up: it tried for one "
        "`group_interval`, or the receiver refused it. Other receivers may still work, so this alert can arrive.",
        (
            "job alertmanager: its log names the receiver and the error, `make logs`. Is the URL right, the token "
            "still valid, the receiver reachable from the container?",
            "job prometheus: does Alertmanager run? `make status`; the page Status > Alertmanager discovery "
            "lists those that Prometheus knows.",
            "Send a test to that receiver by hand; a 4xx answer is never tried again.",
            "Until it works, watch the page Alerts of Prometheus: people are not told.",
        ),
    ),
    "ConfigReloadFailed": AlertText(
        "<subject> runs with an old configuration",
        "<subject> refused its new configuration and goes on with the last one that it accepted.",
        "A file of rules, targets or receivers was changed and the server cannot load it. It runs on, but what was "
        "changed is not in force, and after a restart it will not start at all.",
        (
            "`make check`: it asks the server's own checker and names file and line.",
            "`make diff`: was a generated file edited by hand? `make generate` puts it back.",
            "The server's log names what it refuses: `make logs`.",
            "Mend spec.yaml, then `make up`; the alert ends when the reload succeeds.",
        ),
    ),
    "MetricsStorageNearLimit": AlertText(
        "Metrics fill <value> of their size limit",
        "The metrics of <subject> take <value> of `stack.retention.metrics_size` (limit <limit>), and their oldest "
        "sample is younger than `stack.retention.metrics`.",
        "At this pace the size limit is reached before the time limit: Prometheus deletes the oldest samples to stay "
        "within its size, and history will be shorter than the spec promises. Storage that fills only as its "
        "oldest samples reach their age raises nothing.",
        (
            'Which metrics are the many? `topk(10, count by (__name__) ({__name__=~".+"}))`; the page Status > TSDB '
            "status shows them and their labels.",
            "Which targets? `topk(10, instance:samples_per_scrape:count)`; labels with endless values (user_id, "
            "request_id, timestamps) are the usual cause.",
            "All of it is needed: raise `stack.retention.metrics_size` if the disk has room, else lower "
            "`stack.retention.metrics`.",
            "A longer `scrape_interval` for services that need no 15 s saves in proportion.",
        ),
    ),
}
