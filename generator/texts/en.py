"""English."""

from __future__ import annotations

from generator.texts.base import AlertText, Texts

_LOGS = "Read the service's log from the minute the alert began; look for one error that repeats."
_DEPLOY = (
    "Was something deployed, or a setting changed, just before? If so, roll back first and look for the cause after."
)

EN = Texts(
    alerts={
        "ServiceDown": AlertText(
            "<subject> is down",
            "Prometheus cannot scrape <subject>: <value>, expected <limit>.",
            "A target did not answer the scrape for a minute, or a declared service has no target at all. While this "
            "fires, the other alerts of the same service are silenced.",
            (
                "Is the process or container running? `docker compose ps`, `make status`.",
                "Does the address answer from where Prometheus runs? `curl http://host:port/metrics`. The app must "
                "bind to 0.0.0.0, not 127.0.0.1, to be reached from another container or host.",
                "Compare port and path with the target's error on Prometheus' page Status > Target health.",
                "Django: ALLOWED_HOSTS must contain the host name that Prometheus uses.",
            ),
        ),
        "HighErrorRate": AlertText(
            "<subject> fails for <value> of requests",
            "<value> of the requests of <subject> ended with a 5xx status; the limit is <limit>.",
            "The share of 5xx among all requests of the last five minutes (of the last hour for quiet services), "
            "with enough requests and errors for a share to mean something. /metrics is left out.",
            (
                "On the services overview, find the route whose errors rose: is it one route or all of them?",
                _DEPLOY,
                _LOGS,
                "All routes at once: look at the database, the cache and other services that they share.",
            ),
        ),
        "HighClientErrorRate": AlertText(
            "<subject> refuses <value> of requests",
            "<value> of the requests of <subject> ended with a 4xx status; the limit is <limit>.",
            "The share of 4xx among all requests of the last five minutes: clients ask for what the service refuses.",
            (
                "Which route and which status? 401 and 403: keys and logins; 404: links, crawlers; 422: the contract.",
                "Did a client, or the API's contract, change just before?",
                "One caller alone: look for its address in the access log.",
            ),
        ),
        "ConsecutiveErrors": AlertText(
            "<subject> failed <value> times in 5 minutes",
            "<subject> answered <value> requests with a 5xx status within 5 minutes; the limit is <limit>.",
            "Ten or more 5xx within five minutes, however small their share of the traffic is.",
            (_LOGS, "Group the errors by route: does one input, or one user, cause all of them?", _DEPLOY),
        ),
        "HighLatencyP95": AlertText(
            "<subject> is slow: p95 <value>",
            "More than 5 % of the requests of <subject> take longer than <limit>; p95 is <value>.",
            "The 95th percentile of the request duration over five minutes. Where the limit is a bucket bound of the "
            "service's histogram the share of slower requests is counted exactly; else the quantile is interpolated.",
            (
                "On the services overview, find the slow route: one API, or all of them?",
                "Did the traffic grow (requests/s), or the CPU and memory use of the host?",
                "Look at database queries (indexes, N+1), calls to other services and the cache's hit rate.",
                _DEPLOY,
            ),
        ),
        "HighLatencyP95Critical": AlertText(
            "<subject> is very slow: p95 <value>",
            "More than 5 % of the requests of <subject> take longer than <limit>; p95 is <value>.",
            "The same as HighLatencyP95 with a limit at which users give up.",
            (
                "Is something stuck: a lock, a full connection pool, a dead upstream whose time-out is long?",
                "Take load off: scale out, or switch off what is expensive.",
                "Then follow the steps of HighLatencyP95.",
            ),
        ),
        "HighLatencyAverage": AlertText(
            "<subject> is slow on average: <value>",
            "The mean request duration of <subject> is <value>; the limit is <limit>.",
            "The mean over five minutes. It hides the tail, but when it is high nearly every request is slow.",
            (
                "Nearly all requests are slow: look at what they share (CPU, database, an upstream service).",
                "A few extremely slow requests can do it too: compare with p50 and p99 on the overview.",
                _DEPLOY,
            ),
        ),
        "HostHighCpu": AlertText(
            "<subject>: CPU <value> busy",
            "The cores of <subject> are busy <value> of the time; the limit is <limit>.",
            "The busy share of all cores over five minutes; waiting for disks and time stolen by the hypervisor are "
            "not counted and have series of their own.",
            (
                "Which process? `top -o %CPU` on the host.",
                "Did traffic grow with it? Then scale out, or make the expensive path cheaper.",
                "No traffic to explain it: look for a runaway job, a crawler, a retry loop.",
            ),
        ),
        "HostHighMemory": AlertText(
            "<subject>: memory <value> used",
            "<value> of the memory of <subject> is in use; the limit is <limit>.",
            "1 - MemAvailable / MemTotal: what cannot be given to a new process without swapping.",
            (
                "Which process? `ps aux --sort=-rss | head`.",
                "Does it grow steadily (a leak), or did it jump with a deployment (workers, caches)?",
                "Lower the number of workers or the cache's size before the kernel starts to kill.",
            ),
        ),
        "HostDiskFull": AlertText(
            "<subject>: disk <value> used",
            "<value> of the file system <subject> is used; the limit is <limit>.",
            "1 - available / size of a file system on a real disk.",
            (
                "What is large? `du -xh --max-depth=2 MOUNTPOINT | sort -h | tail`.",
                "Rotate or delete logs, old images (`docker system df`) and temporary files.",
                "It only grows: lower the retention in the spec, or enlarge the disk.",
            ),
        ),
        "HostSwapping": AlertText(
            "<subject> swaps",
            "<subject> uses <value> of its swap (limit <limit>), or has moved pages in and out for ten minutes.",
            "Memory does not suffice: pages go to disk and come back, and everything becomes slow.",
            (
                "Which process holds the memory? `ps aux --sort=-rss | head`.",
                "Give back memory: fewer workers, smaller caches, restart what leaks.",
            ),
        ),
        "HostHighLoad": AlertText(
            "<subject>: load <value> per core",
            "The five-minute load of <subject> is <value> per core; the limit is <limit>.",
            "More runnable (or disk-waiting) tasks than the cores can serve.",
            (
                "CPU busy as well? Then follow HostHighCpu.",
                "CPU idle: tasks wait for disks. `iostat -x 5`, and look for processes in state D.",
            ),
        ),
        "HostNetworkErrors": AlertText(
            "<subject>: <value> of packets lost",
            "<value> of the packets of <subject> are dropped or damaged; the limit is <limit>.",
            "Errors and drops, received and sent, as a share of all packets of a device.",
            (
                "`ip -s link show DEVICE`: errors point at cable, port or driver; drops at full buffers.",
                "Compare with the traffic: at the limit of the link, share the load or widen it.",
            ),
        ),
        "DatabaseDown": AlertText(
            "Database <subject> is down",
            "The exporter of the database <subject> reaches no server: <value>, expected <limit>.",
            "The exporter answers, but the database behind it does not accept its connection.",
            (
                "Is the server running, and does it accept connections? `pg_isready`, `redis-cli ping`.",
                "Password, address and TLS settings of the exporter: its log says which one fails.",
                "Disk full, or all connections taken? Look at the server's own log.",
            ),
        ),
        "DatabaseConnectionsHigh": AlertText(
            "Database <subject>: <value> connections",
            "The database <subject> has <value> connections; the limit is <limit>.",
            "More connections than planned, or more than 80 % of what the server allows.",
            (
                "Who holds them? `select state, application_name, count(*) from pg_stat_activity group by 1, 2`.",
                "Idle in transaction: a request that forgot to commit. Many idle: pools that are too large.",
                "Put a pooler between, or lower the pools; raising max_connections costs memory.",
            ),
        ),
        "ProbeFailed": AlertText(
            "Probe <subject> fails",
            "The probe <subject> has failed for two minutes: <value>, expected <limit>.",
            "The blackbox exporter asked from outside, as a user would, and got no good answer.",
            (
                "Ask the same by hand: `curl -v URL`.",
                "The service itself is up? Then look at DNS, the proxy, the certificate and the firewall.",
            ),
        ),
        "CertificateExpiresSoon": AlertText(
            "Certificate of <subject> expires in <value>",
            "The certificate of <subject> expires in <value>; it should have at least <limit>.",
            "The earliest expiry in the chain that the server presents.",
            (
                "Does automatic renewal run? Look at its last log (certbot, acme, the proxy).",
                "Renewed but not loaded: reload the server that presents it.",
            ),
        ),
        "Watchdog": AlertText(
            "Alerting of <subject> works",
            "This alert always fires. Whoever stops receiving it knows that alerting is down.",
            "The dead man's switch of the stack.",
            ("Nothing to do while it fires.", "It stopped: look at Prometheus, Alertmanager and the receiver."),
        ),
    },
    words={
        "runbook.meaning": "What it means",
        "runbook.steps": "What to do",
        "runbook.rule": "The rule",
        "runbook.severity": "Severity",
        "runbook.for": "For",
        "runbook.limit": "Limit",
        "runbook.origin": "Where it comes from",
        "dashboard.services": "Services overview",
        "dashboard.services.description": "Up, traffic, latency, errors, resources: the five to look at first.",
        "row.golden": "Services",
        "row.routes": "Routes",
        "row.hosts": "Hosts",
        "panel.up": "Targets up",
        "panel.rps": "Requests per second",
        "panel.errors": "5xx share",
        "panel.p95": "Latency p95",
        "panel.requests_by_status": "Requests by status",
        "panel.requests_by_status.help": "Requests per second by status class.",
        "panel.latency": "Latency p50, p95, p99",
        "panel.latency.help": "Percentiles of the request duration, with the p95 limit in force.",
        "panel.error_trend": "5xx and 4xx share",
        "panel.error_trend.help": "Share of all requests, with the limits in force.",
        "panel.route_p95": "Slowest routes (p95)",
        "panel.route_p95.help": "The ten slowest routes.",
        "panel.route_errors": "Routes with most errors",
        "panel.route_errors.help": "The ten routes with the largest share of 5xx.",
        "panel.cpu": "CPU busy",
        "panel.cpu.help": "Busy share of all cores.",
        "panel.memory": "Memory used",
        "panel.memory.help": "1 - available / total.",
        "panel.disk": "Disk used",
        "panel.disk.help": "Used share of each file system.",
        "panel.network": "Network",
        "panel.network.help": "Bytes per second, received and sent.",
        "row.gpus": "GPUs",
        "panel.gpu": "GPU utilization",
        "panel.gpu.help": "The share of time in which a card computes anything at all.",
        "panel.gpu_memory": "GPU memory used",
        "panel.gpu_memory.help": "Used share of each card's frame buffer.",
        "panel.gpu_temperature": "GPU temperature",
        "panel.gpu_temperature.help": "Degrees Celsius of each card.",
        "panel.gpu_power": "GPU power",
        "panel.gpu_power.help": "Watts that each card draws.",
        "panel.alerts": "Alerts",
        "panel.alerts.help": (
            "Alerts that are pending or fire now; the name leads to the runbook. Watchdog always fires: it shows "
            "that alerting works."
        ),
        "panel.down": "Services down",
        "panel.down.help": "Services of which at least one target does not answer Prometheus.",
        "panel.firing": "Alerts firing",
        "panel.firing.help": "Of the chosen services, of hosts and of the stack; Watchdog is not counted.",
        "panel.total_rps": "Requests per second",
        "panel.total_rps.help": "All chosen services together, without /metrics.",
        "panel.total_errors": "5xx share, all",
        "panel.total_errors.help": "5xx / all requests of the chosen services together.",
        "panel.worst_errors": "Worst 5xx / limit",
        "panel.worst_errors.help": (
            "The service nearest to its limit of 5xx: from 100 % on HighErrorRate fires, once there are enough "
            "requests."
        ),
        "panel.worst_latency": "Worst latency / limit",
        "panel.worst_latency.help": (
            "The service nearest to its latency limit: from 100 % on its latency alert fires, once there are enough "
            "requests."
        ),
        "panel.services": "Services",
        "panel.services.help": (
            "Each service against its own limits: yellow from half of the limit on, red beyond it. The name leads to "
            "the service alone, or to Prometheus."
        ),
        "panel.errors_of_limit": "5xx / limit",
        "panel.latency_of_limit": "Latency / limit",
        "panel.mean": "Mean latency",
        "panel.mean.help": "Mean request duration over 5 minutes, with the limit in force.",
        "panel.routes": "Routes",
        "panel.routes.help": (
            "Each route against its own limit, or its service's. Routes lead to their graph in Prometheus."
        ),
        "panel.route": "Route",
        "panel.instance": "Instance",
        "panel.alert": "Alert",
        "panel.state": "State",
        "panel.since": "Since",
        "panel.only_service": "Only this service",
        "panel.in_prometheus": "Graph in Prometheus",
        "panel.runbook": "Runbook",
        "panel.outside": "Probes and databases",
        "panel.probes": "Probes",
        "panel.probes.help": "Whether the probe from outside succeeds: 100 % or 0 %.",
        "panel.databases": "Databases",
        "panel.databases.help": "Whether the exporter reaches its database: 100 % or 0 %.",
        "panel.connections": "Database connections",
        "panel.connections.help": "Open connections, with the limit in force.",
        "word.limit": "limit",
        "word.service": "Service",
        "word.received": "received",
        "word.sent": "sent",
    },
)
