"""One file for each tool; a builder is Stack -> Iterable[Artifact], and this tuple is all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from generator.builders import (
    alertmanager,
    blackbox,
    collector,
    compose,
    dcgm,
    grafana,
    loki,
    notifications,
    postgres,
    process_exporter,
    prometheus,
    reference,
    rule_files,
    rule_tests,
    runbooks,
    supervisor,
    tempo,
)
from generator.bundle import Artifact
from generator.model import Stack

Builder = Callable[[Stack], Iterable[Artifact]]

BUILDERS: tuple[Builder, ...] = (
    alertmanager.build,
    blackbox.build,
    collector.build,
    compose.build,
    dcgm.build,
    grafana.build,
    loki.build,
    notifications.build,
    postgres.build,
    process_exporter.build,
    prometheus.build,
    reference.build,
    rule_files.build,
    rule_tests.build,
    runbooks.build,
    supervisor.build,
    tempo.build,
)
