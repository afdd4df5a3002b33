"""Imports go one way, and the world outside is met at the edges alone."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT, imports, python_files, shown, unit

# A part of the generator may import what stands in a line above its own, and nothing of its own line or below.
LINES = (
    ("addresses", "bundle", "model_alerting", "names", "plain", "problems", "profiles", "render", "times", "units"),
    (
        "document",
        "episodes",
        "fields",
        "init",
        "model",
        "promql",
        "references_routing",
        "reserved",
        "selectors",
        "writer",
    ),
    ("smaller", "spec_models", "spec_telemetry"),
    ("defaults", "references", "spec_receivers", "targets", "texts"),
    ("spec",),
    (
        "dashboards",
        "load",
        "needs",
        "notifications",
        "resolve_models",
        "resolve_receivers",
        "resolve_telemetry",
        "rules",
        "schema",
    ),
    ("limits_of", "slo_checks"),
    ("builders", "checks", "resolve"),
    ("fire", "pipeline", "whatif"),
    ("explain",),
    ("runtime",),
    ("checkers",),
    ("cli",),
    ("__main__", "__init__"),
)
HEIGHT = {name: number for number, line in enumerate(LINES) for name in line}
EDGES = {"writer", "runtime", "checkers", "cli", "__main__"}
OUTSIDE = (
    "http",
    "os",
    "pathlib",
    "shutil",
    "fcntl",
    "signal",
    "socket",
    "subprocess",
    "tempfile",
    "threading",
    "time",
    "urllib.request",
)
PARSERS = {
    "yaml": {"document", "render"},
    "jinja2": {"render", "builders"},
    "pydantic": {"spec", "spec_models", "spec_receivers", "spec_telemetry", "fields", "load"},
}


def test_the_table_names_every_part() -> None:
    """No part is missing from the table, and none stands in it that is gone."""
    assert {unit(path) for path in python_files("generator")} == set(HEIGHT)


@pytest.mark.parametrize("part", sorted(HEIGHT))
def test_imports_go_up_the_table(part: str) -> None:
    """Each import of another part goes to a line above."""
    wrong = [
        f"{shown(path)} imports {module}"
        for path in python_files("generator")
        if unit(path) == part
        for module in imports(path)
        if module.startswith("generator.") and (other := module.split(".")[1]) != part and HEIGHT[other] >= HEIGHT[part]
    ]

    assert wrong == []


def test_the_core_meets_nothing_outside() -> None:
    """Disk, network, clock, environment and other programs are met in the edges only."""
    met = [
        f"{shown(path)} imports {module}"
        for path in python_files("generator")
        if unit(path) not in EDGES
        for module in imports(path)
        if any(module == outside or module.startswith(f"{outside}.") for outside in OUTSIDE)
    ]

    assert met == []


@pytest.mark.parametrize("library", sorted(PARSERS))
def test_each_format_has_one_place(library: str) -> None:
    """YAML is read in one file and dumped in one; templates and models stay where they belong."""
    users = {unit(path) for path in python_files("generator") if library in {m.split(".")[0] for m in imports(path)}}

    assert users <= PARSERS[library]


def test_the_sample_app_and_the_generator_are_strangers() -> None:
    """Either can be taken without the other."""
    crossed = [
        f"{shown(path)} imports {module}"
        for package, other in (("sample_app", "generator"), ("generator", "sample_app"))
        for path in python_files(package)
        for module in imports(path)
        if module.split(".")[0] in (other, "tests", "bench")
    ]

    assert crossed == []


# The telemetry core needs prometheus_client alone; what else a file of it may import, once somebody asks for that file.
OPTIONAL = {
    "django_app": {"django"},
    "httpx_client": {"httpx"},
    "otlp": {"google", "opentelemetry"},
    "tracing": {"opentelemetry"},
    "telemetry": {"opentelemetry"},  # names of types alone
}


def test_the_telemetry_core_needs_one_library() -> None:
    """A user copies the folder into a service: it imports itself, the standard library and prometheus_client.

    The files that need more are imported by nobody before they are needed.
    """
    allowed = {*sys.stdlib_module_names, "prometheus_client"}
    folder = [path for path in python_files("sample_app") if shown(path).startswith("sample_app/telemetry/")]
    foreign = {
        f"{path.stem} imports {module}"
        for path in folder
        for module in imports(path)
        if module.split(".")[0] not in allowed | OPTIONAL.get(path.stem, set())
    }

    assert OPTIONAL.keys() < {path.stem for path in folder}
    assert foreign == set()


def test_the_telemetry_core_works_without_what_is_optional(tmp_path: Path) -> None:
    """The copied folder, in an interpreter that has neither OpenTelemetry nor a framework: it imports and observes."""
    shutil.copytree(ROOT / "sample_app" / "telemetry", tmp_path / "telemetry")
    refused = sorted({*{name for names in OPTIONAL.values() for name in names}, "fastapi", "starlette", "pydantic"})
    program = f"""
import os, sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {refused}:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Refuse())
os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:9"
import telemetry
metrics = telemetry.Metrics(telemetry.telemetry.REGISTRY)
observed = telemetry.observe(None, metrics)
observed.start()
seen = observed.requests.begin([(b"traceparent", b"00-{"a" * 32}-{"b" * 16}-01")])
with telemetry.outgoing("GET", "http://other/") as call:
    print(call.headers["traceparent"])
observed.requests.end(seen, "GET", "/items", 200, 0.01, None, {{}})
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True
    )
    warned, sent_on, line = ran.stdout.splitlines()

    assert "install opentelemetry-sdk" in json.loads(warned)["message"]
    assert sent_on == f"00-{'a' * 32}-{'b' * 16}-01"
    assert json.loads(line)["trace_id"] == "a" * 32
