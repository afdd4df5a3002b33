"""Marks that name servers become skips with a reason; every run ends with the table of what was proven."""

from __future__ import annotations

from collections.abc import Generator

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests.proof import ENGINE, SERVERS, Proof, missing

PROPERTY = "server"
STACKS = "tests/integration/"


class Report:
    """Gathers outcomes, also those of other processes, and writes the table."""

    def __init__(self) -> None:
        self.proof = Proof()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or (report.when == "setup" and not report.passed):
            servers = [str(value) for name, value in report.user_properties if name == PROPERTY]
            reason = str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else ""
            self.proof.add(servers, report.outcome, reason.removeprefix("Skipped: "))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> Generator[None]:
        yield
        terminalreporter.section("what was proven against which real server")
        for line in self.proof.table():
            terminalreporter.write_line(line)


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Report())


class Shared(LoadScopeScheduling):  # type: ignore[misc]  # it has no types
    """With several workers whole stacks stay with one of them, one after the other; the rest goes by file."""

    def _split_scope(self, nodeid: str) -> str:
        return STACKS if nodeid.startswith(STACKS) else nodeid.split("::", 1)[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Shared:
    return Shared(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole stacks come first: they take longest."""
    items.sort(key=lambda item: not item.nodeid.startswith(STACKS))
    for item in items:
        needed = needs(item)
        item.user_properties.extend((PROPERTY, server) for server in needed)
        if reason := missing(needed):
            item.add_marker(pytest.mark.skip(reason=reason))


def needs(item: pytest.Item) -> tuple[str, ...]:
    """The servers that a test's marks name, in the order of the table."""
    named = {server for mark in item.iter_markers("server") for server in mark.args}
    if item.get_closest_marker("docker"):
        named.add(ENGINE)
    if named - set(SERVERS):
        raise pytest.UsageError(f"{item.nodeid}: `server` names servers of tests/proof.py, not {sorted(named)}")
    return tuple(server for server in SERVERS if server in named)
