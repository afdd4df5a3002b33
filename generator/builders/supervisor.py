"""supervisor/supervisord.conf: the stack as processes of one host, for when there is no Docker engine.

Every path starts at the folder of this file (`%(here)s`), which lies two below the state folder:

    STATE/native/supervisor/supervisord.conf    this file, beside prometheus/, alertmanager/, ...
    STATE/bin  STATE/data  STATE/log            binaries (links), what the servers store, what they print

What is known at the start only arrives by environment: STACK_SOCKET, STACK_ROOT (the project), STACK_PYTHON,
STACK_PROMETHEUS_FLAGS (empty, or the flag of the OTLP receiver, whose name differs between versions) and
STACK_GRAFANA_HOME. Nothing starts by itself: `up` starts the programs whose binaries it found.
"""

from __future__ import annotations

import io
import shlex
from collections.abc import Iterable
from configparser import RawConfigParser
from dataclasses import dataclass

from generator import names
from generator.bundle import Artifact
from generator.model import Component, Stack
from generator.render import comment
from generator.targets.base import published
from generator.units import duration

OTLP_ENV = "STACK_PROMETHEUS_FLAGS"
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
    more: str = ""
    stop_seconds: int = 15
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
        "command": f"{words} {program.more}".strip(),
        "directory": program.folder,
        "autostart": "false",
        "autorestart": "true",
        "startsecs": "2",
        "startretries": "5",
        "stopsignal": "TERM",
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
    return f"{stack.listen}:{published(component, stack.ports)}"


def _url(stack: Stack, component: Component) -> str:
    return f"http://{stack.public_host}:{published(component, stack.ports)}"


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
        f"--web.external-url={_url(stack, Component.PROMETHEUS)}",
        "--web.enable-lifecycle",
        "--enable-feature=exemplar-storage",
    )
    more = f"%(ENV_{OTLP_ENV})s" if any(s.push for s in stack.services) else ""
    return Program(command, f"{OUT}/prometheus", more, stop_seconds=30)


def _alertmanager(stack: Stack) -> Program:
    """Started beside its configuration: paths of secrets there are relative, and versions differ in what to."""
    command: tuple[Part, ...] = (
        _binary("alertmanager"),
        Word(f"--config.file={OUT}/{names.ALERTMANAGER_CONFIG}"),
        Word(f"--storage.path={STATE}/data/alertmanager"),
        f"--web.listen-address={_at(stack, Component.ALERTMANAGER)}",
        f"--web.external-url={_url(stack, Component.ALERTMANAGER)}",
        "--cluster.listen-address=",
    )
    return Program(command, f"{OUT}/alertmanager")


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
        ("GF_SERVER_ROOT_URL", _url(stack, Component.GRAFANA)),
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


def _python(stack: Stack, module: str, component: Component, *more: Part) -> Program:
    port = str(published(component, stack.ports))
    command = (Word("%(ENV_STACK_PYTHON)s"), "-m", module, "--host", stack.listen, "--port", port, *more)
    return Program(command, "%(ENV_STACK_ROOT)s", environment=(("PYTHONUNBUFFERED", "1"),))


def _ml_api(stack: Stack) -> Program:
    state = Word(f"{STATE}/data/{Component.ML_API.value}")
    return _python(stack, "sample_app.api", Component.ML_API, "--state-dir", state)


def _alert_sink(stack: Stack) -> Program:
    runbooks = Word(f"{OUT}/docs/runbooks")
    return _python(stack, "sample_app.alert_sink", Component.ALERT_SINK, "--runbooks", runbooks)


_PROGRAMS = {
    Component.PROMETHEUS: _prometheus,
    Component.ALERTMANAGER: _alertmanager,
    Component.GRAFANA: _grafana,
    Component.NODE_EXPORTER: _node_exporter,
    Component.BLACKBOX: _blackbox,
    Component.ML_API: _ml_api,
    Component.ALERT_SINK: _alert_sink,
}
