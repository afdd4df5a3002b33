"""English: alerts of logs and traces."""

from __future__ import annotations

from generator.texts.base import AlertText

ALERTS: dict[str, AlertText] = {
    "RepeatedException": AlertText(
        "<subject> again and again",
        "<subject> stands in <value> lines of the last 5 minutes (limit <limit>).",
        "Lines of one service tell the same kind of exception again and again. Loki reads them; lines count, not "
        "requests: a request that fails may write two. Often this says why another alert of the service fires.",
        (
            "Open the lines in Grafana, Explore, by the link below: the field `exception` holds the traceback, its "
            "last lines where it happened.",
            "`trace_id` of a line opens the trace of its request: did a database or another service fail first?",
            'Since when? Compare with the last deploy; `| json | path="…"` shows whether one route is concerned.',
            "It is expected and handled: log it below `error`, or raise `thresholds.repeated_exceptions`.",
        ),
    ),
    "LogsNotIngested": AlertText(
        "Log lines are lost or kept back: <subject>",
        "<subject> concerned <value> lines or batches of the last 5 minutes; expected <limit>.",
        "Loki refuses lines (`reason` says why), or the collector gets lines from services and hands none to Loki. "
        "What the collector could not hand over waits in its queue on disk; lines that Loki discarded are gone. "
        "Alerts on lines do not see them either.",
        (
            "`make status` and `make logs`: do Loki and the collector run, and what do they complain of?",
            "`rate_limited`, `per_stream_rate_limit`: one service writes too much. `topk(5, sum by (service) "
            '(rate({service!=""}[5m])))` in Explore shows which; raise its log level.',
            "`stream_limit`: a label has too many values. `line_too_long`, `structured_metadata_too_large`: a line or "
            "its attributes are too large; log less of it.",
            "`greater_than_max_sample_age`, `too_far_in_future`: a clock is wrong, or lines are a week late.",
            "An HTTP status of 500 or above: usually the disk of Loki is full; see HostDiskFull, and lower "
            "`stack.retention.logs`.",
            "`send_failed`: Loki refused for good, its log says what. `queue_full`: it was away for too long, and the "
            "oldest wait while new ones are lost. `kept_back`: `otelcol_exporter_queue_size` grows while Loki cannot "
            "be reached from the collector.",
        ),
    ),
    "TracesNotIngested": AlertText(
        "Traces are lost or kept back: <subject>",
        "<subject> concerned <value> spans or traces of the last 5 minutes; expected <limit>.",
        "Tempo refuses spans (`reason` says why), or the collector decided to keep traces and hands none to Tempo. "
        "What it could not hand over waits in its queue on disk. Metrics of spans count before that and stay right.",
        (
            "`make status` and `make logs`: do Tempo and the collector run, and what do they complain of?",
            "`rate_limited`, `live_traces_exceeded`: too many spans for the limits; keep fewer, `traces.keep.others` "
            "in spec.yaml.",
            "`trace_too_large`: one trace never ends. A worker's loop should begin a new trace for each job.",
            "`refused`: Tempo's log says why; often its disk is full. See HostDiskFull, and lower "
            "`stack.retention.traces`.",
            "`send_failed`: Tempo refused for good. `queue_full`: it was away for too long. `kept_back`: "
            "`otelcol_exporter_queue_size` grows while Tempo cannot be reached from the collector.",
        ),
    ),
}
