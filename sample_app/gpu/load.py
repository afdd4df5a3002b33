"""How busy the models of the sample API were, from its page of metrics."""

from __future__ import annotations

import time
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from prometheus_client.parser import text_string_to_metric_families

BUSY_SECONDS = "inference_busy_seconds_total"
TIMEOUT_SECONDS = 2.0
LONGEST_SECONDS = 5.0
"""After so long no more of a page is read that comes in drops."""

LARGEST_PAGE = 16 * 2**20
CHUNK = 2**16


class NoLoad(Exception):
    """The page could not be read; the text says why."""


@dataclass(frozen=True, slots=True)
class Busy:
    """`seconds` that all models were busy since they were started, at the moment `at` (seconds of any steady clock)."""

    seconds: float
    at: float


def fetch(url: str) -> str:
    """The page at `url`, asked for directly, without a proxy. Raises NoLoad within seconds, however slow it comes."""
    try:
        with build_opener(ProxyHandler({})).open(url, timeout=TIMEOUT_SECONDS) as answer:
            return _read(answer).decode("utf-8")
    except URLError as error:
        raise NoLoad(str(error.reason)) from error
    except (OSError, HTTPException, ValueError) as error:
        raise NoLoad(str(error)) from error


def busy_seconds(page: str) -> float:
    """Seconds that the models were busy, all of them together. Raises NoLoad for a page without such a number."""
    try:
        families = list(text_string_to_metric_families(page))
    except (ValueError, IndexError) as error:  # the client's parser raises both
        raise NoLoad("the page is not in Prometheus' text format") from error
    found = [sample.value for family in families for sample in family.samples if sample.name == BUSY_SECONDS]
    if not found:
        raise NoLoad(f"the page has no {BUSY_SECONDS}")
    return float(sum(found))


def share(before: Busy | None, after: Busy) -> float:
    """The share of the time between that the models were busy, 0 to 1; 0 without a first look.

    Several models and workers can be busy at once: together they are never more than 1. A counter that fell has started
    again from 0.
    """
    if before is None or after.at <= before.at:
        return 0.0
    grown = after.seconds - before.seconds if after.seconds >= before.seconds else after.seconds
    return min(1.0, max(0.0, grown / (after.at - before.at)))


def _read(answer: HTTPResponse) -> bytes:
    give_up = time.monotonic() + LONGEST_SECONDS
    page = bytearray()
    while part := answer.read1(CHUNK):
        page += part
        if len(page) > LARGEST_PAGE:
            raise NoLoad(f"the page has more than {LARGEST_PAGE >> 20} MiB")
        if time.monotonic() > give_up:
            raise NoLoad(f"the page did not end within {LONGEST_SECONDS:g} s")
    return bytes(page)
