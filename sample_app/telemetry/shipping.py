"""The way to the collector: queues that are bounded, and one thread that empties them.

Whoever puts something in a queue never waits. What was put is encoded within a second and kept as bytes until the
collector has taken it: while it is away, up to `MOST_BYTES` for each signal, of which the oldest go first. What is
thrown away is counted. A fork starts with empty queues and a thread of its own.
"""

from __future__ import annotations

import logging
import os
import threading
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from http.client import HTTPException
from time import monotonic, sleep
from typing import Any, NamedTuple, Protocol

from .post import Later, Post, Refused

QUEUED = 8192
"""Records that wait to be encoded."""

BATCH = 512
CHUNK = 64
"""Records that are encoded without letting other threads go on."""

MOST_BYTES = 16 * 1024 * 1024
SEND_SECONDS = 3.0
EVERY_SECONDS = 1.0
FLUSH_SECONDS = 2.0
"""What the end of a process waits for the collector, all in all."""

SHORTEST_PAUSE, LONGEST_PAUSE = 0.5, 5.0
"""Seconds until the collector is asked again."""

_FAILURES = (OSError, HTTPException, Later)
_log = logging.getLogger(__name__)


class Counts(Protocol):
    """Where it is counted what became of records."""

    def sent(self, signal: str, records: int) -> None:
        """The collector took them."""

    def dropped(self, signal: str, records: int) -> None:
        """Nobody will ever see them."""


class _Parcel(NamedTuple):
    body: bytes
    records: int


class Lane:
    """The queue of one signal.

    encode: makes a message of records; messages may be put one after the other. taken: of an answer of the collector,
    how many records it did not take.
    """

    def __init__(
        self, signal: str, post: Post, encode: Callable[[Sequence[Any]], bytes], refused: Callable[[bytes], int]
    ) -> None:
        self.signal = signal
        self.post = post
        self._encode = encode
        self._refused = refused
        self.counts: Counts | None = None
        self.wake: Callable[[], None] = _nobody
        self.reset()

    def reset(self) -> None:
        """Empties it; what was in it belongs to another process."""
        self.waiting: deque[Any] = deque()
        self._parcels: deque[_Parcel] = deque()
        self._bytes = 0
        self._lock = threading.Lock()
        self._lost = 0
        self.next_try = self.pause = 0.0

    def put(self, record: object) -> None:
        """Takes a record, or counts it as lost when the queue is full. Never waits, never raises."""
        waiting = self.waiting
        length = len(waiting)
        if length >= QUEUED:
            self._lose(1)
        else:
            waiting.append(record)
        if length in (0, BATCH):
            self.wake()

    def pack(self) -> None:
        """Encodes what waits, and throws away the oldest where that is too much to keep."""
        while self.waiting:
            parcel = self._parcel()
            if parcel.records:
                self._parcels.append(parcel)
                self._bytes += len(parcel.body)
            while self._bytes > MOST_BYTES:
                self._lose(self._take().records)
        with self._lock:
            lost, self._lost = self._lost, 0
        if lost and self.counts is not None:
            self.counts.dropped(self.signal, lost)

    def send_one(self, seconds: float) -> bool:
        """Sends the oldest parcel; False when there is none. Raises what `Post.send` raises; then it stays."""
        if not self._parcels:
            return False
        parcel = self._parcels[0]
        try:
            refused = min(self._refused(self.post.send(parcel.body, seconds)), parcel.records)
        except Refused:
            self._lose(self._take().records)
            raise
        self._take()
        self._lose(refused)
        if self.counts is not None:
            self.counts.sent(self.signal, parcel.records - refused)
        return True

    def give_up(self) -> None:
        """Counts everything that is still here as lost."""
        self.pack()
        while self._parcels:
            self._lose(self._take().records)
        self.pack()

    def failed(self) -> None:
        """The collector could not be reached: the next try is later, and later with each failure."""
        self.pause = min(LONGEST_PAUSE, self.pause * 2 or SHORTEST_PAUSE)
        self.next_try = monotonic() + self.pause

    def _lose(self, records: int) -> None:
        if records:
            with self._lock:
                self._lost += records

    def _parcel(self) -> _Parcel:
        encoded, records = [], 0
        while self.waiting and records < BATCH:
            chunk = [self.waiting.popleft() for _ in range(min(CHUNK, len(self.waiting)))]
            try:
                encoded.append(self._encode(chunk))
                records += len(chunk)
            except Exception:  # a record that cannot be encoded must not end the thread
                _log.exception("%d records of %s cannot be encoded", len(chunk), self.signal)
                self._lose(len(chunk))
            sleep(0)
        return _Parcel(b"".join(encoded), records)

    def _take(self) -> _Parcel:
        parcel = self._parcels.popleft()
        self._bytes -= len(parcel.body)
        return parcel


class Shipper:
    """The thread that empties the lanes. It starts with the first record, in the process that writes it."""

    def __init__(self, lanes: Sequence[Lane], every: float = EVERY_SECONDS) -> None:
        self.lanes = tuple(lanes)
        self._every = every
        self._left_to_flush = FLUSH_SECONDS
        self._reset()
        for lane in self.lanes:
            lane.wake = self._woken
        if hasattr(os, "register_at_fork"):
            this = weakref.ref(self)
            os.register_at_fork(after_in_child=lambda: _forked(this()))

    def forget(self) -> None:
        """In a forked child: queues, connections and the thread are the parent's."""
        self._reset()
        for lane in self.lanes:
            lane.reset()
            lane.post.forget()

    def flush(self, seconds: float | None = None) -> bool:
        """Sends what is there, and gives up the rest; True when all of it arrived.

        Waits so many seconds at most; without, `FLUSH_SECONDS` over all calls together.
        """
        began = monotonic()
        patience = self._left_to_flush if seconds is None else seconds
        self._flushed.clear()
        self._flush_until = began + patience
        self._start()
        self._wake.set()
        done = self._flushed.wait(patience)
        if seconds is None:
            self._left_to_flush = max(0.1, self._left_to_flush - (monotonic() - began))
        return done and self._flushed_all

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._wake, self._flushed = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._flush_until = 0.0
        self._flushed_all = False
        self._broken: dict[str, str] = {}

    def _woken(self) -> None:
        if self._thread is None:
            self._start()
        if any(len(lane.waiting) >= BATCH for lane in self.lanes):
            self._wake.set()

    def _start(self) -> None:
        with self._lock:
            if self._thread is not None and self._thread.is_alive():
                return
            self._thread = threading.Thread(target=self._run, name="telemetry", daemon=True)
            try:
                self._thread.start()
            except RuntimeError:  # the interpreter is on its way out
                self._thread = None

    def _run(self) -> None:
        while True:
            self._wake.wait(self._every)
            self._wake.clear()
            try:
                self._round()
            except Exception:  # a mistake of its own must not end the thread
                _log.exception("telemetry could not be sent")
                sleep(self._every)

    def _round(self) -> None:
        flush_until, self._flush_until = self._flush_until, 0.0
        for lane in self.lanes:
            lane.pack()
        if flush_until:
            self._flushed_all = self._emptied(flush_until)
            for lane in self.lanes:
                lane.pack() if self._flushed_all else lane.give_up()
            self._flushed.set()
            return
        for lane in self.lanes:
            if monotonic() >= lane.next_try:
                self._empty(lane, float("inf"))

    def _emptied(self, until: float) -> bool:
        return sum(not self._empty(lane, until) for lane in self.lanes) == 0

    def _empty(self, lane: Lane, until: float) -> bool:
        """Sends all parcels of a lane; False when the time is over or the collector cannot be reached."""
        while (seconds := min(SEND_SECONDS, until - monotonic())) > 0:
            try:
                if not lane.send_one(seconds):
                    return True
            except Refused as error:
                self._tell_broken(lane, f"refuses {lane.signal} with {error}; they are dropped")
            except _FAILURES as error:
                lane.failed()
                reason = str(error) if isinstance(error, Later) else type(error).__name__
                self._tell_broken(lane, f"takes no {lane.signal} ({reason}); they wait until it does")
                return False
            else:
                lane.pause = lane.next_try = 0.0
                self._tell_works(lane)
            for each in self.lanes:
                each.pack()
        return False

    def _tell_broken(self, lane: Lane, text: str) -> None:
        if not self._broken:
            _log.warning("the collector at %s %s", lane.post.where, text)
        self._broken[lane.signal] = text

    def _tell_works(self, lane: Lane) -> None:
        if self._broken.pop(lane.signal, None) and not self._broken:
            _log.warning("the collector at %s takes telemetry again", lane.post.where)


def _forked(shipper: Shipper | None) -> None:
    if shipper is not None:
        shipper.forget()


def _nobody() -> None:
    """Before there is a shipper."""
