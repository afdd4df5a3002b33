"""One run of all libraries serves every test of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.live import Live


@pytest.fixture(scope="package")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """All apps after the load, and the Prometheus that has scraped them."""
    with Live(tmp_path_factory.mktemp("contract")) as running:
        yield running
