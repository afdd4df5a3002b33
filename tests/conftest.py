"""Marks that name servers become skips with a reason; every run ends with the table of what was proven."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from tests.proof import ENGINE, SERVERS, Proof, missing

PROPERTY = "server"


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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole stacks come first and one after the other; with several workers the rest is shared out by file."""
    items.sort(key=lambda item: item.get_closest_marker("integration") is None)
    for item in items:
        together = "stack" if item.get_closest_marker("integration") else item.location[0]
        item.add_marker(pytest.mark.xdist_group(together))
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
