"""Open-loop load: requests leave on time whether or not the earlier ones were answered."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from dataclasses import asdict, dataclass, field
from time import perf_counter
from typing import Any

from .client import Client, ProtocolError
from .plan import quantile, request

MOST_OPEN = 500
"""Requests under way at once; one more is not sent and counts as the error `too many open`."""


@dataclass(frozen=True, slots=True)
class Load:
    """What to send.

    rate: requests a second, above 0. seconds: how long. timeout: seconds until a request counts as an error.
    traceparent: sends a sampled W3C trace id of its own with each request.
    """

    url: str
    rate: float
    seconds: float
    timeout: float = 10.0
    traceparent: bool = False


@dataclass(slots=True)
class Summary:
    """What came of it. Seconds are those of answered requests, from the moment each was due."""

    sent: int = 0
    by_status: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    durations: list[float] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The summary as plain values; p50 and p95 are seconds, None without an answer."""
        ordered = sorted(self.durations)
        fields = asdict(self)
        del fields["durations"]
        p50, p95 = (quantile(ordered, share) for share in (0.5, 0.95))
        rounded = {"p50_seconds": p50 and round(p50, 6), "p95_seconds": p95 and round(p95, 6)}
        return {**fields, "by_status": dict(self.by_status), "errors": dict(self.errors), **rounded}


async def run(load: Load) -> Summary:
    """Sends the load and waits for the last answer. Raises ValueError for a URL that names no server."""
    client, summary = Client(load.url), Summary()
    open_requests: set[asyncio.Task[None]] = set()
    start = perf_counter()
    for number in range(round(load.rate * load.seconds)):
        due = start + number / load.rate
        await asyncio.sleep(max(0.0, due - perf_counter()))
        if len(open_requests) >= MOST_OPEN:
            summary.errors["too many open"] += 1
            continue
        task = asyncio.create_task(_one(client, load, number, due, summary))
        open_requests.add(task)
        task.add_done_callback(open_requests.discard)
    await asyncio.gather(*open_requests)
    await client.close()
    return summary


async def _one(client: Client, load: Load, number: int, due: float, summary: Summary) -> None:
    summary.sent += 1
    headers = (("traceparent", _traceparent()),) if load.traceparent else ()
    try:
        status = await asyncio.wait_for(client.send(request(number), headers), load.timeout)
    except TimeoutError:
        summary.errors["timeout"] += 1
    except (OSError, ProtocolError, asyncio.IncompleteReadError) as error:
        summary.errors[type(error).__name__] += 1
    else:
        summary.by_status[str(status)] += 1
        summary.durations.append(perf_counter() - due)


def _traceparent() -> str:
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
