"""Names of API keys: the file, its changes while requests arrive, and labels that no client can add."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from sample_app.api.api_keys import MOST_BYTES, MOST_NAMES, ApiKeyMetrics, ApiKeyMiddleware, ApiKeys, parse_keys
from tests.unit.sample_app.sample_helpers import asgi, ask, http_scope, run

SHOP, PHONE = "key-of-the-shop", "key-of-the-phone"


def line(name: str, key: str) -> str:
    """A line of the file."""
    return f"{name}:{hashlib.sha256(key.encode()).hexdigest()}\n"


class Counted:
    """An app whose requests are counted by key."""

    def __init__(self, path: Path | None) -> None:
        self.registry = CollectorRegistry()
        self.app = FastAPI()
        self.app.add_middleware(
            ApiKeyMiddleware, keys=ApiKeys(path, ApiKeyMetrics(self.registry)), exclude=frozenset({"/healthz"})
        )

        @self.app.get("/")
        async def root() -> str:
            return "here"

    def send(self, *keys: str | None) -> None:
        """One request with each of these keys."""
        for key in keys:
            ask(self.app, ("GET", "/"), headers={} if key is None else {"X-API-Key": key})

    def counts(self) -> dict[str, float]:
        """Requests by name, also those that are 0."""
        samples = [sample for family in self.registry.collect() for sample in family.samples]
        return {s.labels["key"]: s.value for s in samples if s.name == "api_key_requests_total"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with the shop's key."""
    path = tmp_path / "api-keys.txt"
    path.write_text(f"# who calls\n\n{line('shop', SHOP)}")
    return path


def test_requests_count_by_the_name_of_their_key(file: Path) -> None:
    """All names are there at 0 first; no key and a wrong key have names of their own, and all get their answer."""
    counted = Counted(file)
    assert counted.counts() == {"none": 0, "shop": 0, "unknown": 0}
    counted.send(SHOP, SHOP, None, PHONE, "")

    assert counted.counts() == {"none": 2, "shop": 2, "unknown": 1}
    assert ask(counted.app, ("GET", "/"))[0].json() == "here"


def test_excluded_paths_and_other_protocols_are_not_counted(file: Path) -> None:
    """Also below a root path; a path that does not exist is counted."""
    counted = Counted(file)
    ask(counted.app, ("GET", "/healthz"), ("GET", "/nowhere"))

    async def below_a_root_path() -> None:
        await asgi(counted.app, {**http_scope(path="/api/healthz"), "root_path": "/api"})

    run(lambda _client: below_a_root_path(), counted.app)
    assert counted.counts() == {"none": 1, "shop": 0, "unknown": 0}


def test_without_a_file_every_key_is_unknown() -> None:
    """And nothing is read."""
    counted = Counted(None)
    counted.send(SHOP, None)

    assert counted.counts() == {"none": 1, "unknown": 1}


def test_a_thousand_keys_add_no_series(file: Path) -> None:
    """Keys that nobody knows are one series, whatever is in them."""
    counted = Counted(file)
    middleware = ApiKeyMiddleware(FastAPI(), ApiKeys(file, ApiKeyMetrics(registry := CollectorRegistry())))

    async def thousand() -> None:
        for number in range(1000):
            await asgi(middleware, http_scope(headers=((b"x-api-key", b"\xff\x00%d" % number),)))

    run(lambda _client: thousand(), counted.app)
    counted.send(*(f"key-{number}" for number in range(20)))

    assert registry.get_sample_value("api_key_requests_total", {"key": "unknown"}) == 1000
    assert len([s for family in registry.collect() for s in family.samples if s.name.endswith("_total")]) == 3
    assert counted.counts() == {"none": 0, "shop": 0, "unknown": 20}


def test_a_file_that_changes_is_read_again(file: Path) -> None:
    """New keys count at once, keys that are gone no longer; a name's series stays."""
    counted = Counted(file)
    file.write_text(line("phone", PHONE))
    counted.send(PHONE, SHOP)
    assert counted.counts() == {"none": 0, "phone": 1, "shop": 0, "unknown": 1}

    replacement = file.with_name("new")
    replacement.write_text(line("phone", PHONE) + line("shop", SHOP))
    replacement.replace(file)
    counted.send(PHONE, SHOP)
    assert counted.counts() == {"none": 0, "phone": 2, "shop": 1, "unknown": 1}


def test_a_file_that_goes_and_comes_back(file: Path) -> None:
    """While it is missing no key is known."""
    counted = Counted(file)
    text = file.read_text()
    file.unlink()
    counted.send(SHOP)
    assert counted.counts() == {"none": 0, "shop": 0, "unknown": 1}
    file.mkdir()
    counted.send(SHOP)
    file.rmdir()
    file.write_text(text)
    counted.send(SHOP)

    assert counted.counts() == {"none": 0, "shop": 1, "unknown": 2}


def test_a_file_that_is_missing_at_the_start_may_come(tmp_path: Path) -> None:
    """It is used as soon as it is there."""
    counted = Counted(tmp_path / "later")
    counted.send(SHOP)
    (tmp_path / "later").write_text(line("shop", SHOP))
    counted.send(SHOP)

    assert counted.counts() == {"none": 0, "shop": 1, "unknown": 1}


BROKEN = {
    "no digest": "shop\n",
    "a short digest": "shop:abc\n",
    "a plain key": f"shop:{SHOP}\n",
    "a name that is too long": line("x" * 64, SHOP),
    "a name that is taken": line("unknown", SHOP),
    "a name with a blank": line("the shop", SHOP),
    "one key of two names": line("shop", SHOP) + line("phone", SHOP),
    "not ASCII": line("가게", SHOP),
    "too long": "# " + "x" * MOST_BYTES,
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_broken_file_stops_the_start_and_no_request(file: Path, text: str, caplog: pytest.LogCaptureFixture) -> None:
    """At the start it is an error; later what it said before holds, with one warning, until it is whole again."""
    counted = Counted(file)
    good = file.read_text()
    file.write_text(text)
    with pytest.raises(ValueError, match=r"line|ASCII|longer") as raised:
        Counted(file)
    assert SHOP not in str(raised.value)

    counted.send(SHOP, SHOP)
    assert counted.counts() == {"none": 0, "shop": 2, "unknown": 0}
    assert len([record for record in caplog.records if "is not used" in record.message]) == 1
    assert SHOP not in caplog.text
    file.write_text(good + line("phone", PHONE))
    counted.send(PHONE)
    assert counted.counts() == {"none": 0, "phone": 1, "shop": 2, "unknown": 0}


def test_changes_without_end_make_no_series_without_end(file: Path) -> None:
    """After a hundred names further ones count as unknown."""
    counted = Counted(file)
    for start in (0, 80, 160):
        file.write_text("".join(line(f"name-{start + n:03}", f"key-{start + n}") for n in range(80)))
        counted.send(f"key-{start}")
    counts = counted.counts()

    assert len(counts) == MOST_NAMES + 2
    assert counts["name-000"] == counts["name-080"] == 1
    assert counts["unknown"] == 1


@pytest.mark.parametrize("spell", [str.upper, str.lower])
def test_a_name_may_have_several_keys(spell: Callable[[str], str]) -> None:
    """While an old key is replaced by a new one, in either case of the digest."""
    digests = [hashlib.sha256(key.encode()).hexdigest() for key in (SHOP, PHONE)]
    text = "\r\n".join(f"shop:{spell(digest)}" for digest in digests)

    assert parse_keys(f"  # both\r\n{text}") == dict.fromkeys(digests, "shop")
