"""Valid specs with texts that would break out of a careless template, and the same specs with harmless texts."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from generator.names import CATALOGUE, RESERVED_JOBS

Spec = dict[str, Any]

# Text may be anything in one line; what has meaning in YAML, PromQL, Go templates, Compose and regexes comes often.
_SPECIAL = [
    '"',
    "'",
    "\\",
    "{",
    "}",
    "{{",
    "}}",
    "$",
    "${X}",
    "$$",
    "#",
    ": ",
    "- ",
    "`",
    "|",
    "%",
    "&",
    "*",
    "!",
    "@",
    "=",
]
_SPECIAL += [
    "=~",
    ".*",
    "(",
    ")",
    "[",
    "]",
    "\t"[:0],
    "한글",
    "é",
    "\u202e",
    "\u00a0",
    "😀",
    "null",
    "true",
    "0x1",
    "~",
    "<<",
    "%(x)s",
]
_HARMLESS = "text"


def hostile(limit: int) -> st.SearchStrategy[str]:
    """One line of up to `limit` characters that is not empty."""
    piece = st.one_of(st.sampled_from(_SPECIAL), st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")))
    return st.lists(piece, min_size=1, max_size=12).map("".join).filter(lambda t: 0 < len(t) <= limit)


NAMES: st.SearchStrategy[str] = st.from_regex(r"[a-z][a-z0-9_-]{0,12}", fullmatch=True).filter(
    lambda name: name not in RESERVED_JOBS
)
DURATIONS = st.sampled_from(["100ms", "500ms", "800ms", "1s", "2500ms", "5s", "1m30s"])
RATIOS = st.sampled_from(["0.1%", "1%", "2.5%", "50%"])
BUCKETS = st.just(["100ms", "500ms", "800ms", "1s", "2500ms", "5s", "10s"])
SLOS = {
    "availability": st.sampled_from(["99%", "99.9%", "99.99%"]),
    "latency": st.fixed_dictionaries(
        {"objective": st.sampled_from(["90%", "95%"]), "below": st.sampled_from(["300ms", "800ms", "5s"])}
    ),
    "window": st.sampled_from(["7d", "30d", "90d"]),
}
TIMED = ("fastapi", "starlette", "django", "opentelemetry")
KINDS = ("fastapi", "starlette", "django", "flask", "opentelemetry", "vllm", "triton")


def _some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Spec]:
    """A mapping in which every field may be left out."""
    return st.fixed_dictionaries({}, optional=fields)


THRESHOLDS = {
    "error_ratio": RATIOS,
    "client_error_ratio": RATIOS,
    "latency_p95": DURATIONS,
    "latency_average": DURATIONS,
    "consecutive_errors": st.integers(1, 100),
    "min_requests": st.integers(0, 100),
    "min_errors": st.integers(0, 20),
    "up_changes": st.integers(1, 40),
    "samples_per_scrape": st.integers(1, 100_000),
    "samples_growth": st.sampled_from([1.2, 2, 10]),
    "capacity_share": RATIOS,
    "traffic_factor": st.sampled_from([1.5, 3, 20]),
    "traffic_minimum": st.sampled_from([0, 0.1, 50]),
    "latency_factor": st.sampled_from([1.2, 2, 5]),
    "latency_floor": DURATIONS,
}
POSTGRES_THRESHOLDS = {
    "database_connections": st.integers(1, 500),
    "statement_time": DURATIONS,
    "rollback_ratio": RATIOS,
    "min_statements": st.integers(0, 100),
    "min_transactions": st.integers(0, 1000),
}
REDIS_THRESHOLDS = {"redis_hit_ratio": RATIOS, "redis_memory": RATIOS, "min_lookups": st.integers(0, 1000)}
LEVELS = st.sampled_from([{"warning": "50%"}, {"warning": "40%", "critical": "100%"}, {"critical": "97.5%"}])
DEGREES = st.sampled_from([{"warning": 60}, {"warning": 70.5, "critical": 85}, {"critical": 95}])
RESOURCES = {
    "cpu": LEVELS,
    "gpu": LEVELS.map(lambda levels: {**levels, "warning": "30%"}),
    "gpu_memory": LEVELS.map(lambda levels: {**levels, "warning": "30%"}),
    "gpu_temperature": DEGREES,
    "disk_fills_within": st.sampled_from(["1h", "12h", "1d", "7d"]),
    "disk_fills_above": st.sampled_from(["1%", "60%", "99.9%", "100%"]),
}
STACK = _some(
    environment=st.from_regex(r"[A-Za-z0-9_.-]{1,10}", fullmatch=True),
    team=hostile(128),
    locale=st.sampled_from(["en", "ko"]),
    timezone=st.sampled_from(["UTC", "Asia/Seoul", "America/Argentina/Buenos_Aires"]),
    scrape_interval=st.sampled_from(["10s", "15s", "30s", "1m"]),
    scrape_timeout=st.sampled_from(["5s", "10s"]),
    listen=st.sampled_from(["127.0.0.1", "0.0.0.0", "10.1.2.3"]),
    retention=_some(
        metrics=st.sampled_from(["2h", "30d", "1y"]),
        metrics_size=st.sampled_from(["1GB", "512MB"]),
        logs=st.sampled_from(["24h", "36h", "2w", "1y"]),
        traces=st.sampled_from(["1h", "90m", "7d"]),
    ),
)
LOGS = st.one_of(
    st.sampled_from([False, "off"]),
    _some(
        level=st.sampled_from(["debug", "info", "warning", "error"]),
        redact=st.lists(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", fullmatch=True), max_size=3),
    ),
)
KEEP = _some(errors=RATIOS, slower_than=st.sampled_from(["1ms", "1s", "90s"]), others=RATIOS)
TRACES = st.one_of(st.sampled_from([False, "off"]), _some(keep=KEEP))
EXPORTERS = [
    {"otlp": {"endpoint": "https://otlp.example.com/base"}},
    {"otlp": {"endpoint": "http://other:4318", "header": "X-Api-Key", "secret_file": "/run/secrets/other"}},
    {"sentry": {"endpoint": "https://o1.ingest.example.com/api/2/integration/otlp", "public_key_env": "SENTRY_KEY"}},
    {"elasticsearch": {"endpoint": "https://elastic.example.com:9200/_otlp", "api_key_file": "/run/secrets/elastic"}},
    {"datadog": {"api_key_file": "/run/secrets/datadog"}},
    {"datadog": {"site": "datadoghq.eu", "api_key_env": "DD_API_KEY"}},
]
FOR = st.dictionaries(
    st.sampled_from(["HighErrorRate", "HighLatencyP95", "ServiceDown", "TrafficDrop", "QueueBacklog", "ColdStartSlow"]),
    st.sampled_from(["0s", "1m", "10m"]),
)
FOR_RESOURCES = st.dictionaries(
    st.sampled_from(["GpuHot", "GpuErrors", "HostDiskFillsSoon", "RepeatedException", "LogsNotIngested"]),
    st.sampled_from(["0s", "10m", "2h"]),
)
ROUTES = st.dictionaries(
    hostile(60), _some(latency_p95=DURATIONS, error_ratio=RATIOS, latency_average=DURATIONS), max_size=3
).map(lambda found: [{"route": route, **limits} for route, limits in found.items()])
MODEL_BOUNDS = st.just(["100ms", "500ms", "1s", "5s", "10s"])
INFERENCE = _some(
    latency_p95=DURATIONS,
    queue_wait=DURATIONS,
    cold_start=DURATIONS,
    accuracy_floor=st.sampled_from([0.5, 0.85, 1]),
    cache_hit_ratio=RATIOS,
    buckets=MODEL_BOUNDS,
)
LLM = _some(
    latency_p95=DURATIONS, error_ratio=RATIOS, daily_budget=st.sampled_from([0.01, 50, 1000]), buckets=MODEL_BOUNDS
)
CUSTOM = st.fixed_dictionaries(
    {"requests": st.just({"name": "my_requests_total", "route": "path", "method": "verb", "status": "status_code"})},
    optional={
        "duration": st.sampled_from(
            [{"name": "my_duration_seconds", "route": "path"}, {"name": "my_duration_ms", "unit": "milliseconds"}]
        )
    },
)


def _found(number: int) -> st.SearchStrategy[Spec]:
    """How a service's targets are found."""
    return st.one_of(
        st.integers(1, 3).map(lambda n: {"targets": [f"host-{number}-{i}:8000" for i in range(n)]}),
        st.just({"file_sd": {"files": [f"targets/{number}-*.yml"]}}),
        st.just({"dns": {"names": [f"srv-{number}.internal"]}}),
        hostile(40).map(lambda label: {"docker": {"port": 8000, "label": f"team={label}"}}),
    )


@st.composite
def services(draw: st.DrawFn) -> list[Spec]:
    """One to four services with names of their own."""
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    made = []
    for number, name in enumerate(names):
        kind = draw(st.sampled_from([*KINDS, "custom"]))
        service: Spec = {"name": name, "kind": kind}
        push = kind == "opentelemetry" and draw(st.booleans())
        service |= {"push": True} if push else draw(_found(number))
        service |= draw(_some(team=hostile(60), thresholds=_some(**THRESHOLDS), routes=ROUTES, buckets=BUCKETS))
        service |= draw(_some(capacity=st.sampled_from([0.5, 100, 20000])))
        service |= draw(_some(inference=INFERENCE, llm=LLM))
        service |= draw(_some(labels=st.dictionaries(st.sampled_from(["tier", "zone"]), hostile(40)), **{"for": FOR}))
        if kind == "custom":
            service["metrics"] = draw(CUSTOM)
        slo = draw(_some(**SLOS))
        if kind in TIMED and "buckets" in service and slo.keys() & {"availability", "latency"}:
            service["slo"] = slo
        made.append(service)
    return made


RECEIVERS: tuple[Spec, ...] = (
    {"webhook": {"url": "http://alert-sink:8080/alerts"}},
    {"webhook": {"url_env": "HOOK_URL"}},
    {"slack": {"webhook_url_file": "/run/secrets/slack_url", "channel": "#oncall"}},
    {"pagerduty": {"routing_key_file": "/etc/keys/pager"}},
    {"telegram": {"bot_token_env": "BOT", "chat_id": -100}},
    {"teams": {"webhook_url_file": "/run/secrets/teams"}},
    {"discord": {"webhook_url_env": "DISCORD"}},
    {"opsgenie": {"api_key_file": "/run/secrets/opsgenie", "region": "eu"}},
    {
        "email": {
            "to": "a@example.com",
            "from": "b@example.com",
            "smarthost": "mail:25",
            "auth_password_file": "/run/secrets/smtp",
        }
    },
)


TIMES: tuple[Spec, ...] = (
    {"name": "working-hours", "weekdays": ["mon-fri"], "from": "09:00", "to": "18:00"},
    {"name": "nights", "from": "22:00", "to": "07:00"},
    {"name": "weekend", "weekdays": ["sat-mon", "wed"]},
)


@st.composite
def alerting(draw: st.DrawFn) -> Spec:
    """Receivers, routes that name them, own rules with texts of their own."""
    kinds = draw(st.lists(st.sampled_from(RECEIVERS), min_size=1, max_size=4, unique_by=str))
    receivers = [{"name": f"receiver-{number}", **kind} for number, kind in enumerate(kinds)]
    names = [receiver["name"] for receiver in receivers]
    values = st.one_of(hostile(40), st.lists(hostile(40), min_size=1, max_size=3))
    match = st.dictionaries(st.sampled_from(["severity", "team", "service"]), values, min_size=1)
    times = draw(st.lists(st.sampled_from(TIMES), max_size=3, unique_by=str))
    some = {f: st.just([t["name"] for t in times]) for f in ("active", "mute")} if times else {}
    route = st.fixed_dictionaries(
        {"match": match, "receiver": st.sampled_from(names)}, optional={"continue": st.booleans(), **some}
    )
    rule = st.fixed_dictionaries(
        {"alert": st.just("Mine"), "expr": st.just('up{job="a"} == 0')},
        optional={
            "for": st.just("5m"),
            "labels": st.just({"severity": "info"}),
            "annotations": st.just({"summary": "{{ $value }}"}),
        },
    )
    made: Spec = {"receivers": receivers, "default": draw(st.sampled_from(names)), "times": times}
    return made | draw(
        _some(
            routes=st.lists(route, max_size=3),
            disable=st.lists(st.sampled_from(CATALOGUE), unique=True, max_size=10),
            rules=st.lists(rule, max_size=1),
            **{"for": st.one_of(FOR, FOR_RESOURCES)},
        )
    )


@st.composite
def exporters(draw: st.DrawFn, spec: Spec) -> list[Spec]:
    """Each of something that is there: what is off has nothing to export."""
    there = [each for each in ("logs", "traces") if spec.get(each) not in (False, "off")]
    if not there:
        return []
    signals = st.lists(st.sampled_from(there), min_size=1, unique=True)
    kinds = draw(st.lists(st.sampled_from(EXPORTERS), max_size=3, unique_by=str))
    both = len(there) == 2
    return [
        {"name": f"exporter-{number}", **kind} | ({} if both and draw(st.booleans()) else {"signals": draw(signals)})
        for number, kind in enumerate(kinds)
    ]


@st.composite
def specs(draw: st.DrawFn) -> Spec:
    """A whole valid spec."""
    probes = [
        {"name": "home", "kind": "http", "target": "https://example.com/a?b=1&c=%20"},
        {"name": "ssh", "kind": "tcp", "target": "h:22"},
    ]
    databases = [
        {"name": "main", "kind": "postgres", "targets": ["postgres-exporter:9187"]},
        {"name": "cache", "kind": "redis", "targets": ["r:9121"]},
        {"name": "other", "kind": "postgres", "targets": ["o:9187"], "thresholds": draw(_some(**POSTGRES_THRESHOLDS))},
        {"name": "queue", "kind": "redis", "targets": ["q:9121"], "thresholds": draw(_some(**REDIS_THRESHOLDS))},
    ]
    gpus = st.fixed_dictionaries(
        {"exporter": st.sampled_from(["dcgm", "nvml", "simulated"]), "targets": st.just(["10.0.0.9:9400"])},
        optional={"team": hostile(40), "labels": st.dictionaries(st.just("zone"), hostile(40))},
    )
    hosts = st.fixed_dictionaries(
        {"targets": st.just(["node-exporter:9100", "10.0.0.9:9100"])},
        optional={
            "team": hostile(40),
            "processes": st.just(["process-exporter:9256"]),
            "containers": st.just(["cadvisor:8080"]),
        },
    )
    made: Spec = {"version": 1, "stack": {"name": draw(NAMES), **draw(STACK)}, "services": draw(services())}
    made |= draw(
        _some(
            thresholds=_some(
                metrics_storage=RATIOS,
                repeated_exceptions=st.integers(1, 10**6),
                **THRESHOLDS,
                **RESOURCES,
                **POSTGRES_THRESHOLDS,
                **REDIS_THRESHOLDS,
            ),
            hosts=hosts,
            gpus=gpus,
            logs=LOGS,
            traces=TRACES,
            databases=st.lists(st.sampled_from(databases), unique_by=str, min_size=1),
            probes=st.lists(st.sampled_from(probes), unique_by=str, min_size=1),
            alerting=alerting(),
        )
    )
    sent = draw(exporters(made))
    return made | ({"exporters": sent} if sent else {})


_BAD = "{{ $labels.x }}{{ a\"b'c\\d}${E}|.*#: 한"
WORST: Spec = {
    "version": 1,
    "stack": {"name": "worst", "team": _BAD},
    "services": [
        {
            "name": "a",
            "kind": "fastapi",
            "targets": ["a:1"],
            "team": _BAD,
            "labels": {"tier": _BAD},
            "routes": [{"route": _BAD, "latency_p95": "1s"}],
            "inference": {"accuracy_floor": 0.9},
            "llm": {"daily_budget": 50},
        },
        {"name": "b", "kind": "django", "docker": {"port": 1, "label": f"team={_BAD}"}, "labels": {"tier": _BAD}},
    ],
    "hosts": {"targets": ["node-exporter:9100"], "team": _BAD, "labels": {"rack": _BAD}},
    "gpus": {"targets": ["dcgm:9400"], "team": _BAD, "labels": {"zone": _BAD}},
    "databases": [{"name": "main", "kind": "postgres", "targets": ["pg:9187"], "team": _BAD}],
    "probes": [{"name": "home", "kind": "http", "target": "https://example.com/", "team": _BAD}],
    "alerting": {
        "receivers": [{"name": "hook", "webhook": {"url": "http://hook/"}}],
        "routes": [{"match": {"team": _BAD}, "receiver": "hook"}],
    },
}
"""Every free text at its worst."""


def harmless(spec: Any, path: tuple[str, ...] = ()) -> Any:
    """The same spec with every free text replaced; texts that differed differ still, and sort in the same order."""
    texts = sorted(set(_free(spec)))
    return _replaced(spec, {text: f"{_HARMLESS}{number:03d}" for number, text in enumerate(texts)})


_FREE = {"team", "route", "label", "tier", "zone", "severity", "service"}


def _free(part: Any, key: str = "") -> list[str]:
    if isinstance(part, dict):
        return [t for k, v in part.items() if k != "metrics" for t in _free(v, k)]
    if isinstance(part, list):
        return [t for item in part for t in _free(item, key)]
    return [part] if isinstance(part, str) and key in _FREE else []


def _replaced(part: Any, words: dict[str, str], key: str = "") -> Any:
    if isinstance(part, dict):
        return {k: v if k == "metrics" else _replaced(v, words, k) for k, v in part.items()}
    if isinstance(part, list):
        return [_replaced(item, words, key) for item in part]
    if isinstance(part, str) and key in _FREE:
        return f"team={words[part]}" if part.startswith("team=") and key == "label" else words[part]
    return part
