"""supervisor/supervisord.conf: the stack as processes of one host, for when there is no Docker engine.

Every path starts at the folder of this file (`%(here)s`), which lies two below the state folder:

    STATE/native/supervisor/supervisord.conf    this file, beside prometheus/, alertmanager/, ...
    STATE/bin  STATE/data  STATE/log            binaries (links), what the servers store, what they print

What is known at the start only arrives by environment: STACK_SOCKET, STACK_ROOT (the project), STACK_PYTHON,
STACK_PROMETHEUS_FLAGS (empty, or the flag of the OTLP receiver, whose name differs between versions),
STACK_POSTGRES_COLLECTORS (those that this version of postgres_exporter has), STACK_POSTGRES_AS (empty, or the command
that gives up root, as which PostgreSQL does not run) and STACK_GRAFANA_HOME. Nothing starts by itself: `up` starts the
programs whose binaries it found.
"""

from __future__ import annotations

import io
import shlex
from collections.abc import Iterable
from configparser import RawConfigParser
from dataclasses import dataclass

from generator import names
from generator.builders.commands import (
    POSTGRES_SETTINGS,
    PROCESS_FLAGS,
    VALKEY_SETTINGS,
    alertmanager_zone,
    collector_settings,
    ml_api_settings,
    reach,
    shop_settings,
)
from generator.bundle import Artifact
from generator.model import Component, Stack
from generator.render import comment
from generator.targets.base import bound_to, public_url, published
from generator.units import duration

OTLP_ENV = "STACK_PROMETHEUS_FLAGS"
ALERTMANAGER_ENV = "STACK_ALERTMANAGER_FLAGS"
COLLECTORS_ENV = "STACK_POSTGRES_COLLECTORS"
POSTGRES_AS_ENV = "STACK_POSTGRES_AS"
STATE, OUT = "%(here)s/../..", "%(here)s/.."
_ROTATION = {"maxbytes": "10MB", "backups": "3"}


@dataclass(frozen=True, slots=True)
class Word:
    """A part of a command that supervisor fills in (`%(here)s`, `%(ENV_X)s`): quoted, its percent signs meant."""

    text: str


Part = str | Word


@dataclass(frozen=True, slots=True)
class Program:
    """One process: its command, and what differs from the other programs."""

    command: tuple[Part, ...]
    folder: str = STATE
    before: str = ""
    more: str = ""
    stop_seconds: int = 15
    stop_signal: str = "TERM"
    environment: tuple[tuple[str, Part], ...] = ()


def build(stack: Stack) -> Iterable[Artifact]:
    """One program for each component of the stack; nothing for other targets."""
    if stack.target != "native":
        return
    config = RawConfigParser(interpolation=None)
    config.read_dict(_daemon(stack))
    for component in stack.components:
        config.read_dict({f"program:{component.value}": _section(component, _PROGRAMS[component](stack))})
    text = io.StringIO()
    config.write(text)
    header = comment("The processes of the stack without Docker.", mark="; ")
    yield Artifact(names.SUPERVISOR_CONFIG, header + text.getvalue().rstrip("\n") + "\n")


def _daemon(stack: Stack) -> dict[str, dict[str, str]]:
    return {
        "supervisord": {
            "identifier": _literal(stack.name),
            "logfile": f"{STATE}/log/supervisord.log",
            "logfile_maxbytes": _ROTATION["maxbytes"],
            "logfile_backups": _ROTATION["backups"],
            "pidfile": f"{STATE}/supervisord.pid",
            "childlogdir": f"{STATE}/log",
            "umask": "027",
        },
        # No network port: only who may open the socket can start and stop programs.
        "unix_http_server": {"file": "%(ENV_STACK_SOCKET)s", "chmod": "0700"},
        "rpcinterface:supervisor": {
            "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
        },
        "supervisorctl": {"serverurl": "unix://%(ENV_STACK_SOCKET)s"},
    }


def _section(component: Component, program: Program) -> dict[str, str]:
    words = " ".join(_quoted(part) for part in program.command)
    section = {
        "command": f"{program.before} {words} {program.more}".strip(),
        "directory": program.folder,
        "autostart": "false",
        "autorestart": "true",
        "startsecs": "2",
        "startretries": "5",
        "stopsignal": program.stop_signal,
        "stopwaitsecs": str(program.stop_seconds),
        # Workers of a program end with it.
        "stopasgroup": "true",
        "killasgroup": "true",
        "redirect_stderr": "true",
        "stdout_logfile": f"{STATE}/log/{component.value}.log",
        "stdout_logfile_maxbytes": _ROTATION["maxbytes"],
        "stdout_logfile_backups": _ROTATION["backups"],
    }
    if program.environment:
        section["environment"] = ",".join(f"{key}={_double(value)}" for key, value in program.environment)
    return section


def _literal(text: str) -> str:
    """Text that supervisor neither fills in nor reads as a comment or as a further line."""
    if any(ord(character) < 32 or character in ";#" for character in text):
        raise ValueError(f"{text!r} cannot stand in a supervisor configuration")
    return text.replace("%", "%%")


def _quoted(part: Part) -> str:
    """One word of a command line, whatever it holds."""
    return f'"{part.text}"' if isinstance(part, Word) else _literal(shlex.quote(part))


def _double(part: Part) -> str:
    """A value of `environment`, where supervisor knows quotes but no escapes."""
    text = part.text if isinstance(part, Word) else _literal(part)
    if '"' in text or "\\" in text:
        raise ValueError(f"{text!r} cannot stand in a supervisor configuration")
    return f'"{text}"'


def _at(stack: Stack, component: Component) -> str:
    return f"{bound_to(component, stack.listen)}:{published(component, stack.ports)}"


def _binary(name: str) -> Word:
    return Word(f"{STATE}/bin/{name}")


def _prometheus(stack: Stack) -> Program:
    command: tuple[Part, ...] = (
        _binary("prometheus"),
        Word(f"--config.file={OUT}/{names.PROMETHEUS_CONFIG}"),
        Word(f"--storage.tsdb.path={STATE}/data/prometheus"),
        f"--storage.tsdb.retention.time={duration(stack.retention.metrics)}",
        f"--storage.tsdb.retention.size={stack.retention.metrics_size}",
        f"--web.listen-address={_at(stack, Component.PROMETHEUS)}",
        f"--web.external-url={public_url(stack, Component.PROMETHEUS)}",
        "--web.enable-lifecycle",
        "--enable-feature=exemplar-storage",
    )
    more = f"%(ENV_{OTLP_ENV})s" if any(s.push for s in stack.services) else ""
    return Program(command, f"{OUT}/prometheus", more, stop_seconds=30)


def _alertmanager(stack: Stack) -> Program:
    """Started beside its configuration: paths of secrets there are relative, and versions differ in what to.
    Its templates tell the time in the zone that it is started with."""
    command: tuple[Part, ...] = (
        _binary("alertmanager"),
        Word(f"--config.file={OUT}/{names.ALERTMANAGER_CONFIG}"),
        Word(f"--storage.path={STATE}/data/alertmanager"),
        f"--web.listen-address={_at(stack, Component.ALERTMANAGER)}",
        f"--web.external-url={public_url(stack, Component.ALERTMANAGER)}",
        "--cluster.listen-address=",
    )
    zone = tuple((name, Word(f"{OUT}/{value}")) for name, value in alertmanager_zone(stack).items())
    return Program(command, f"{OUT}/alertmanager", more=f"%(ENV_{ALERTMANAGER_ENV})s", environment=zone)


def _grafana(stack: Stack) -> Program:
    home = "%(ENV_STACK_GRAFANA_HOME)s"
    settings: tuple[tuple[str, Part], ...] = (
        ("GF_PATHS_DATA", Word(f"{STATE}/data/grafana")),
        ("GF_PATHS_LOGS", Word(f"{STATE}/log/grafana")),
        ("GF_PATHS_PLUGINS", Word(f"{STATE}/data/grafana/plugins")),
        ("GF_PATHS_PROVISIONING", Word(f"{OUT}/grafana/provisioning")),
        ("GF_LOG_MODE", "console"),
        ("GF_SERVER_HTTP_ADDR", stack.listen),
        ("GF_SERVER_HTTP_PORT", str(stack.ports.grafana)),
        ("GF_SERVER_ROOT_URL", public_url(stack, Component.GRAFANA)),
        ("GF_SECURITY_ADMIN_PASSWORD__FILE", Word("%(ENV_STACK_ROOT)s/secrets/grafana_admin_password")),
        ("GF_USERS_DEFAULT_LANGUAGE", "ko-KR" if stack.locale == "ko" else "en-US"),
        ("GF_DATE_FORMATS_DEFAULT_TIMEZONE", stack.timezone),
        ("GF_ANALYTICS_REPORTING_ENABLED", "false"),
        ("GF_ANALYTICS_CHECK_FOR_UPDATES", "false"),
        ("GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH", Word(f"{OUT}/{names.dashboard_file(names.DASHBOARD_SERVICES)}")),
        ("STACK_DASHBOARDS", Word(f"{OUT}/grafana/dashboards")),
    )
    return Program((_binary("grafana"), "server", "--homepath", Word(home)), environment=settings)


def _node_exporter(stack: Stack) -> Program:
    return Program((_binary("node_exporter"), f"--web.listen-address={_at(stack, Component.NODE_EXPORTER)}"))


def _blackbox(stack: Stack) -> Program:
    config = Word(f"--config.file={OUT}/{names.BLACKBOX_CONFIG}")
    address = f"--web.listen-address={_at(stack, Component.BLACKBOX)}"
    return Program((_binary("blackbox_exporter"), config, address), f"{OUT}/blackbox")


def _postgres(stack: Stack) -> Program:
    """Told to stop by INT: on TERM it would wait for its clients to leave."""
    command: tuple[Part, ...] = (
        _binary("postgres"),
        "-D",
        Word(f"{STATE}/data/postgres"),
        "-h",
        bound_to(Component.POSTGRES, stack.listen),
        "-p",
        str(stack.ports.postgres),
        *(f"--{key}={value}" for key, value in (*POSTGRES_SETTINGS, ("unix_socket_directories", ""))),
    )
    return Program(command, before=f"%(ENV_{POSTGRES_AS_ENV})s", stop_seconds=30, stop_signal="INT")


def _valkey(stack: Stack) -> Program:
    command: tuple[Part, ...] = (
        _binary("valkey-server"),
        "--bind",
        bound_to(Component.VALKEY, stack.listen),
        "--port",
        str(stack.ports.valkey),
        "--dir",
        Word(f"{STATE}/data/valkey"),
        *(word for key, value in VALKEY_SETTINGS for word in (f"--{key}", value)),
    )
    return Program(command)


def _postgres_exporter(stack: Stack) -> Program:
    settings: tuple[tuple[str, Part], ...] = (
        ("DATA_SOURCE_URI", f"{reach(stack, Component.POSTGRES)}/{names.SHOP_DATABASE}?sslmode=disable"),
        ("DATA_SOURCE_USER", names.MONITOR_ROLE),
        ("DATA_SOURCE_PASS_FILE", _secret(names.MONITOR_PASSWORD)),
    )
    listen = f"--web.listen-address={_at(stack, Component.POSTGRES_EXPORTER)}"
    return Program((_binary("postgres_exporter"), listen), more=f"%(ENV_{COLLECTORS_ENV})s", environment=settings)


def _redis_exporter(stack: Stack) -> Program:
    address = f"--redis.addr=redis://{reach(stack, Component.VALKEY)}"
    return Program((_binary("redis_exporter"), address, f"--web.listen-address={_at(stack, Component.REDIS_EXPORTER)}"))


def _process_exporter(stack: Stack) -> Program:
    config = Word(f"--config.path={OUT}/{names.PROCESS_EXPORTER_CONFIG}")
    listen = f"--web.listen-address={_at(stack, Component.PROCESS_EXPORTER)}"
    return Program((_binary("process_exporter"), config, listen, *PROCESS_FLAGS))


def _cadvisor(stack: Stack) -> Program:
    listen = (f"--listen_ip={stack.listen}", f"--port={stack.ports.cadvisor}")
    return Program((_binary("cadvisor"), *listen))


def _dcgm_exporter(stack: Stack) -> Program:
    counters = Word(f"{OUT}/{names.DCGM_COUNTERS}")
    return Program((_binary("dcgm-exporter"), "-f", counters, "-a", _at(stack, Component.DCGM_EXPORTER)))


def _secret(name: str) -> Word:
    return Word(f"%(ENV_STACK_ROOT)s/secrets/{name}")


def _python(stack: Stack, module: str, component: Component, *more: Part, **settings: Part) -> Program:
    port = str(published(component, stack.ports))
    command = (Word("%(ENV_STACK_PYTHON)s"), "-m", module, "--host", stack.listen, "--port", port, *more)
    environment = (("PYTHONUNBUFFERED", "1"), *settings.items())
    return Program(command, "%(ENV_STACK_ROOT)s", environment=environment)


def _gpu_exporter(stack: Stack) -> Program:
    load: tuple[Part, ...] = ()
    if stack.gpus.exporter == "simulated":
        load = ("--load-url", f"http://{reach(stack, Component.ML_API)}/metrics")
    return _python(stack, "sample_app.gpu", Component.GPU_EXPORTER, "--mode", stack.gpus.exporter, *load)


def _ml_api(stack: Stack) -> Program:
    state = Word(f"{STATE}/data/{Component.ML_API.value}")
    return _python(stack, "sample_app.api", Component.ML_API, "--state-dir", state, **ml_api_settings(stack))


def _shop(stack: Stack) -> Program:
    password = _secret(names.SHOP_PASSWORD)
    return _python(stack, "sample_app.shop", Component.SHOP, **shop_settings(stack), DATABASE_PASSWORD_FILE=password)


def _alert_sink(stack: Stack) -> Program:
    runbooks = Word(f"{OUT}/docs/runbooks")
    return _python(stack, "sample_app.alert_sink", Component.ALERT_SINK, "--runbooks", runbooks)


def _loki(_stack: Stack) -> Program:
    config = Word(f"-config.file={OUT}/{names.LOKI_CONFIG}")
    return Program(
        (_binary("loki"), config, "-config.expand-env=true"),
        environment=(*_STATE, ("STACK_OUT", Word(OUT))),
        stop_seconds=30,
    )


def _tempo(_stack: Stack) -> Program:
    config = Word(f"-config.file={OUT}/{names.TEMPO_CONFIG}")
    return Program((_binary("tempo"), "-target=all", config, "-config.expand-env=true"), environment=_STATE)


def _collector(_stack: Stack) -> Program:
    config = Word(f"--config={OUT}/{names.COLLECTOR_CONFIG}")
    environment = (*_STATE, *collector_settings().items())
    return Program((_binary("otelcol-contrib"), config), environment=environment, stop_seconds=30)


_STATE: tuple[tuple[str, Part], ...] = (("STACK_STATE", Word(STATE)),)
_PROGRAMS = {
    Component.PROMETHEUS: _prometheus,
    Component.ALERTMANAGER: _alertmanager,
    Component.GRAFANA: _grafana,
    Component.NODE_EXPORTER: _node_exporter,
    Component.BLACKBOX: _blackbox,
    Component.POSTGRES: _postgres,
    Component.VALKEY: _valkey,
    Component.POSTGRES_EXPORTER: _postgres_exporter,
    Component.REDIS_EXPORTER: _redis_exporter,
    Component.PROCESS_EXPORTER: _process_exporter,
    Component.CADVISOR: _cadvisor,
    Component.GPU_EXPORTER: _gpu_exporter,
    Component.DCGM_EXPORTER: _dcgm_exporter,
    Component.ML_API: _ml_api,
    Component.SHOP: _shop,
    Component.ALERT_SINK: _alert_sink,
    Component.LOKI: _loki,
    Component.TEMPO: _tempo,
    Component.COLLECTOR: _collector,
}
