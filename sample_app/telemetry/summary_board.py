"""What the request metrics do not hold: the extremes, the last minute and the last errors of one worker.

A board is a block of memory with one writer and any number of readers, which may be other processes. Nothing in it is
locked between processes: each number is one aligned word, and each error has a checksum, so a writer that is killed in
the middle of a write leaves at most one error that readers skip. Its size is fixed when it is made.

    word 0          the epoch that the rest belongs to: 0 means nothing, and every reset begins the next one
    word 1, 2       shortest and longest request, seconds
    word 3          errors written so far
    word 4 to 67    one word for each of 64 seconds: when (31 bits) and how many requests ended in it (32 bits)
    then            slots of 2 KiB: checksum, length, one error as JSON
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from math import inf
from mmap import mmap
from time import time
from zlib import crc32

WINDOW_SECONDS = 60
LONGEST_TEXT = 200
"""Characters kept of a message; a route keeps as many."""

_EPOCH, _LOW, _HIGH, _WRITTEN, _RING = range(5)
_SECONDS = 64
_HEADER = (_RING + _SECONDS) * 8
_SLOT = 2048
_SLOT_HEAD = struct.Struct("=II")
_STAMP = 0x7FFFFFFF
_COUNT = 0xFFFFFFFF

Words = memoryview
"""Signed 64-bit words; the first word of a head is the epoch in force."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One request that was answered with 4xx or 5xx; `time` is Unix time, `route` a template."""

    time: float
    method: str
    route: str
    status: int
    message: str
    trace_id: str | None


@dataclass(frozen=True, slots=True)
class Reading:
    """What a board says: seconds (infinite when there were no requests), requests of the last minute, errors."""

    low: float
    high: float
    last_minute: int
    failures: tuple[Failure, ...]


def board_size(slots: int) -> int:
    """Bytes of a board that shows `slots` errors. One more is kept: it is the one being overwritten."""
    return _HEADER + (slots + 1) * _SLOT


class Board:
    """The writer's side. Not safe for threads: the caller holds a lock."""

    __slots__ = (
        *("_bytes", "_ints", "_floats", "_slots", "_head"),
        *("_epoch", "_low", "_high", "_from", "_until", "_at", "_word"),
    )

    def __init__(self, memory: bytearray | mmap, head: Words) -> None:
        self._bytes = memoryview(memory)
        self._ints = self._bytes[:_HEADER].cast("q")
        self._floats = self._bytes[:_HEADER].cast("d")
        self._slots = (len(memory) - _HEADER) // _SLOT
        self._head = head
        self._epoch = self._ints[_EPOCH]
        self._low, self._high = self._floats[_LOW], self._floats[_HIGH]
        self._from = self._until = 0.0
        self._at = self._word = 0

    def observe(self, seconds: float) -> None:
        """One request ended now, after `seconds`."""
        now = time()
        if not self._from <= now < self._until:
            self._turn(now)
        if self._head[0] != self._epoch:
            self._restart()
        self._word += 1
        self._ints[self._at] = self._word
        if seconds < self._low:
            self._low = self._floats[_LOW] = seconds
        if seconds > self._high:
            self._high = self._floats[_HIGH] = seconds

    def fail(self, failure: Failure) -> None:
        """Keeps an error in place of the oldest one."""
        room = _SLOT - _SLOT_HEAD.size
        epoch = self._head[0]
        body = _packed(epoch, failure, failure.message)
        if len(body) > room:
            body = _packed(epoch, failure, "")
        written = self._ints[_WRITTEN]
        self._ints[_WRITTEN] = written + 1
        start = _HEADER + written % self._slots * _SLOT
        slot = _SLOT_HEAD.pack(crc32(body), len(body)) + body
        self._bytes[start : start + len(slot)] = slot

    def _turn(self, now: float) -> None:
        """Goes to the word of the present second, and on with its count where it has one."""
        second = int(now)
        self._from, self._until = float(second), second + 1.0
        self._at = _RING + second % _SECONDS
        word, empty = self._ints[self._at], (second & _STAMP) << 32
        self._word = word if word & ~_COUNT == empty else empty

    def _restart(self) -> None:
        """Forgets what an earlier epoch left. The epoch is written last: until then readers ignore the board."""
        epoch = self._head[0]
        self._low, self._high = inf, -inf
        self._floats[_LOW], self._floats[_HIGH] = inf, -inf
        for at in range(_RING, _RING + _SECONDS):
            self._ints[at] = 0
        self._word &= ~_COUNT
        self._ints[_EPOCH] = self._epoch = epoch


def read_board(memory: bytearray | mmap, epoch: int, now: float) -> Reading:
    """What the board of any worker says about `epoch`; it may be written to meanwhile."""
    if len(memory) < _HEADER:
        return Reading(inf, -inf, 0, ())
    with memoryview(memory) as view, view[:_HEADER] as header, header.cast("q") as ints, header.cast("d") as floats:
        failures = tuple(_failures(view, epoch))
        if ints[_EPOCH] != epoch:
            return Reading(inf, -inf, 0, failures)
        low, high, second = floats[_LOW], floats[_HIGH], int(now) & _STAMP
        words = ints[_RING:].tolist()
        recent = sum(word & _COUNT for word in words if 0 <= second - (word >> 32) < WINDOW_SECONDS)
        return Reading(low, high, recent, failures)


def _packed(epoch: int, failure: Failure, message: str) -> bytes:
    trace_id = failure.trace_id and _clean(failure.trace_id)
    parts = [failure.time, failure.method, _clean(failure.route), failure.status, _clean(message), trace_id]
    return json.dumps([epoch, *parts], ensure_ascii=False, separators=(",", ":")).encode()


def _clean(text: str) -> str:
    """At most 200 characters, all of them printable: 800 bytes as UTF-8, so that two texts fit a slot."""
    return "".join(char if char.isprintable() else " " for char in text[:LONGEST_TEXT])


def _failures(view: memoryview, epoch: int) -> Iterator[Failure]:
    for start in range(_HEADER, len(view) - _SLOT + 1, _SLOT):
        slot = bytes(view[start : start + _SLOT])
        checksum, length = _SLOT_HEAD.unpack_from(slot)
        body = slot[_SLOT_HEAD.size : _SLOT_HEAD.size + length]
        if length and crc32(body) == checksum:
            written, *parts = json.loads(body)
            if written == epoch:
                yield Failure(*parts)
