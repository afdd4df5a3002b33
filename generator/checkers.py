"""Every server's own checker on the files that it will read. Runs other programs; decides nothing."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from generator import names
from generator.needs import Need, unmet
from generator.runtime.binaries import UNPACKAGED, Sources, provide
from generator.runtime.process import run
from generator.runtime.zones import zones

# Servers that read their configuration and end: how each is asked to. What they would write to is not touched.
BACKENDS = {
    "loki": (names.LOKI_CONFIG, ("-verify-config",)),
    "tempo": (names.TEMPO_CONFIG, ("-config.verify=true",)),
}
EXPANDED = ("STACK_STATE", "STACK_OUT")
SECRET = re.compile(r"\$\{file:(?:[^{}]|\{[^{}]*\})*\}")
UNKNOWN = re.compile(r'unknown type: "([^"]+)"')


class Verdict(StrEnum):
    ACCEPTED = "accepted"
    REFUSED = "REFUSED"
    SKIPPED = "not checked"


@dataclass(frozen=True, slots=True)
class Checked:
    """What a checker said of one file; `detail` is its complaint, or why it was not asked."""

    what: str
    verdict: Verdict
    detail: str = ""


def check_tree(tree: Path, state: Path, *, unit_tests: bool = True, needed: tuple[Need, ...] = ()) -> Iterator[Checked]:
    """Asks promtool, amtool, the blackbox exporter, the collector, Loki, Tempo and Compose, where they are here. The
    unit tests of the rules take seconds; the other questions take none. An amtool that is older than what the spec
    needs (`needed`) is not asked: the Alertmanager that will read the file may well be newer."""
    sources = Sources.here(state.resolve()).without_network()
    found = provide(
        ("promtool", "amtool", "blackbox_exporter", "otelcol-contrib", *BACKENDS), sources, lambda _text: None
    )
    tools = {each.name: str(each.path) for each in found.found}
    rules = sorted(tree.glob("prometheus/rules/*.yml"))
    tests = sorted(tree.glob("prometheus/tests/*.yml"))
    yield _ask(tools, "promtool", ["check", "config"], tree, names.PROMETHEUS_CONFIG)
    yield _ask(tools, "promtool", ["check", "rules"], tree, *(str(r.relative_to(tree)) for r in rules))
    if unit_tests:
        yield _ask(tools, "promtool", ["test", "rules"], tree, *(str(t.relative_to(tree)) for t in tests))
    amtool = found.get("amtool")
    if amtool and (missing := unmet(needed, amtool.version)):
        why = f"amtool {amtool.version} of this machine is too old for {missing}"
        yield Checked("amtool check-config", Verdict.SKIPPED, why)
    else:
        yield _ask(tools, "amtool", ["check-config"], tree, names.ALERTMANAGER_CONFIG)
    if (tree / names.BLACKBOX_CONFIG).exists():
        yield _ask(tools, "blackbox_exporter", ["--config.check", f"--config.file={names.BLACKBOX_CONFIG}"], tree)
    for server, (path, flags) in BACKENDS.items():
        if (tree / path).exists():
            yield _ask(tools, server, [*flags, "-config.expand-env=true", f"-config.file={path}"], tree)
    if (tree / names.COLLECTOR_CONFIG).exists():
        yield _collector(tools, tree)
    if (tree / names.COMPOSE_FILE).exists():
        yield _compose(tree)


def _ask(tools: dict[str, str], tool: str, arguments: list[str], tree: Path, *files: str) -> Checked:
    what = f"{tool} {' '.join(arguments)}"
    if tool not in tools:
        hint = "" if tool in UNPACKAGED else "; `make tools` brings it"
        return Checked(what, Verdict.SKIPPED, f"no {tool} on this machine{hint}")
    return _checked(what, [tools[tool], *arguments, *files], tree)


def _collector(tools: dict[str, str], tree: Path) -> Checked:
    """A copy in which secrets stand for themselves: their files are elsewhere. A collector that was built without some
    part of the official one cannot tell."""
    text = (tree / names.COLLECTOR_CONFIG).read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "config.yml"
        copy.write_text(SECRET.sub("secret", text), encoding="utf-8")
        checked = _ask(tools, "otelcol-contrib", ["validate"], tree, f"--config={copy}")
    if checked.verdict is Verdict.REFUSED and (unknown := UNKNOWN.search(checked.detail)):
        return Checked(checked.what, Verdict.SKIPPED, f"the collector of this machine was built without {unknown[1]}")
    return checked


def _compose(tree: Path) -> Checked:
    what = "docker compose config"
    if shutil.which("docker") is None:
        return Checked(what, Verdict.SKIPPED, "no docker on this machine")
    if not run(["docker", "compose", "version"], timeout=20).ok:
        return Checked(what, Verdict.SKIPPED, "docker has no compose plugin")
    command = ["docker", "compose", "-f", names.COMPOSE_FILE, "--project-directory", ".", "config", "-q"]
    return _checked(what, command, tree)


def _checked(what: str, command: list[str], tree: Path) -> Checked:
    folders = dict.fromkeys(EXPANDED, str(tree.resolve()))
    ran = run(command, timeout=300, cwd=tree, env={**os.environ, **zones(), **folders})
    if ran.ok:
        return Checked(what, Verdict.ACCEPTED)
    return Checked(what, Verdict.REFUSED, (ran.err.strip() or ran.out.strip())[-2000:])
