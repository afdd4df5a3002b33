"""TypeScript's compiler with Grafana's types, brought by npm into the state folder once for each lock file."""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.proof import STATE

HERE = Path(__file__).parent
CACHE = STATE / "node"
PACKAGE = ("package.json", "package-lock.json", ".npmrc")
SOURCES = ("tsconfig.json", "panels.ts", "datasources.ts")
UNREACHABLE = ("EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "EHOSTUNREACH", "ENETUNREACH", "ENOTFOUND", "ETIMEDOUT")


@cache
def compiler() -> Path:
    """The compiler's script; skips the test when npm's registry cannot be reached."""
    CACHE.mkdir(parents=True, exist_ok=True)
    lock, stamp = (HERE / "package-lock.json").read_text(), CACHE / "installed.json"
    with _alone():
        if not stamp.exists() or stamp.read_text() != lock:
            stamp.unlink(missing_ok=True)
            _install()
            stamp.write_text(lock)
    return CACHE / "node_modules" / "typescript" / "bin" / "tsc"


@contextmanager
def _alone() -> Iterator[None]:
    """One process of a parallel run installs; the others wait for it."""
    with (CACHE / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _install() -> None:
    for name in PACKAGE:
        shutil.copy(HERE / name, CACHE / name)
    command = ("npm", "ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund")
    try:
        ran = subprocess.run(command, cwd=CACHE, capture_output=True, text=True, timeout=300, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip("npm's registry does not answer: npm ci took more than 300 s")
    if found := [code for code in UNREACHABLE if code in ran.stderr]:
        pytest.skip(f"npm's registry cannot be reached: {found[0]}")
    assert ran.returncode == 0, ran.stderr


def refusals(
    pages: dict[str, dict[str, Any]], written: Callable[[dict[str, Any]], str] | None = None
) -> dict[str, list[str]]:
    """What the compiler says against each page, by its name; an empty list is a page without fault. `written` makes
    TypeScript of what is no dashboard."""
    script = compiler()
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="check-") as folder:
        place = Path(folder)
        (place / "cases").mkdir()
        for name in SOURCES:
            shutil.copy(HERE / name, place / name)
        for name, page in pages.items():
            (place / "cases" / f"{name}.ts").write_text((written or source)(page), encoding="utf-8")
        command = ("node", str(script), "--project", str(place))
        ran = subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=300, check=False)
    said = [line for line in ran.stdout.splitlines() if line.strip()]
    found = {name: [line for line in said if line.startswith(f"cases/{name}.ts(")] for name in pages}
    assert (ran.returncode == 0) == (not said), f"{ran.stdout}{ran.stderr}"
    assert ran.returncode == 0 or any(found.values()), f"the types themselves do not compile: {said}"
    return found


def source(page: dict[str, Any]) -> str:
    """A page as TypeScript: each panel a constant of its own kind, so that an error names one place."""
    panels = page.get("panels", [])
    lines = ["import type { Page, PanelOf } from '../panels';"]
    for number, panel in enumerate(panels):
        lines.append(f"const panel{number}: PanelOf[{literal(panel['type'])}] = {literal(panel)};")
    names = ", ".join(f"panel{number}" for number in range(len(panels)))
    rest = literal({key: value for key, value in page.items() if key != "panels"})
    lines.append(f"export const page: Page = {{ {rest[1:-1].strip()}, panels: [{names}] }};")
    return "\n".join(lines) + "\n"


def literal(value: Any) -> str:
    """JSON is TypeScript."""
    return json.dumps(value, ensure_ascii=False, indent=1)
