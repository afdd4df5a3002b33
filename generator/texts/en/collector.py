"""English: alerts of the collector."""

from __future__ import annotations

from generator.texts.base import AlertText

ALERTS: dict[str, AlertText] = {
    "TelemetryRefused": AlertText(
        "The collector does not take all logs and traces: <subject>",
        "The collector turned away <value> lines or spans in the last 5 minutes (<subject>; expected <limit>).",
        "Services hand their lines and spans to the collector. While its memory or a queue on its disk is full it "
        "turns them away; a sender tries again for some time and then drops them. `reason` says which: `refused` and "
        "`failed` are what senders were told, `queue_full` and `not_exported` what one of `exporters` does not get. "
        "Services go on as before; what is lost are their lines and traces.",
        (
            "Memory: the collector's container, in the page of containers, or `otelcol_process_memory_rss`. Near its "
            "limit, who sends so much? `topk(5, sum by (service) (rate(traces_spanmetrics_calls_total[5m])))`, and "
            '`topk(5, sum by (service) (rate({env=~".+"}[5m])))` in Loki.',
            "Queues: `otelcol_exporter_queue_size / otelcol_exporter_queue_capacity`. A queue that fills means that "
            "its backend is away or too slow. ServiceDown?",
            "Disk: queues lie beside the other data of the host. HostDiskFull?",
            "`not_exported`: one of `exporters` says no for good; the collector's log says why: `make logs`.",
            "Less of it: `logs.level: warning`; traces are counted before they are thinned out, so a lower "
            "`traces.keep.others` helps the backend, not the collector.",
        ),
    ),
}
