"""What clients say came of a recommendation. Ids are signed, so that only what was served can be reported on."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import secrets
import struct
import tempfile
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from .inference.metrics import InferenceMetrics

LONGEST_AGE_SECONDS = 24 * 3600.0
REMEMBERED = 10_000
"""Reports that a process remembers, to count each once."""

_KEY_BYTES, _TAG_BYTES, _NONCE_BYTES = 32, 16, 8
_ID = re.compile(r"[A-Za-z0-9_-]{43}")


class NotOurs(ValueError):
    """The service did not make this recommendation id."""


class Expired(ValueError):
    """The recommendation is older than 24 hours."""


class RecommendationIds:
    """Makes and checks ids: a time and a random number, signed with a key that all workers share.

    The key is made where `key_file` is missing or is no key, with mode 0600; ids outlive a restart as long as it
    stays. Raises OSError at the first id when the file can neither be read nor made.
    """

    def __init__(self, key_file: Path, clock: Callable[[], float] = time.time) -> None:
        self._key_file = key_file
        self._clock = clock

    def make(self) -> str:
        """A new id of 43 characters that are safe in a URL."""
        body = struct.pack(">Q", int(self._clock() * 1000)) + secrets.token_bytes(_NONCE_BYTES)
        return base64.urlsafe_b64encode(body + self._tag(body)).rstrip(b"=").decode("ascii")

    def check(self, text: str) -> bytes:
        """What identifies the recommendation. Raises NotOurs or Expired."""
        if not _ID.fullmatch(text):
            raise NotOurs("the service did not make this recommendation_id")
        signed = base64.urlsafe_b64decode(text + "=")
        body, tag = signed[:-_TAG_BYTES], signed[-_TAG_BYTES:]
        if not hmac.compare_digest(tag, self._tag(body)):
            raise NotOurs("the service did not make this recommendation_id")
        if self._clock() - struct.unpack_from(">Q", body)[0] / 1000 > LONGEST_AGE_SECONDS:
            raise Expired("this recommendation is older than 24 hours")
        return body

    def _tag(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, hashlib.sha256)[:_TAG_BYTES]

    @cached_property
    def _key(self) -> bytes:
        with suppress(FileNotFoundError):
            if len(key := self._key_file.read_bytes()) == _KEY_BYTES:
                return key
            self._key_file.unlink(missing_ok=True)
        descriptor, name = tempfile.mkstemp(dir=self._key_file.parent, prefix=".key-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(_KEY_BYTES))
            with suppress(FileExistsError):  # another worker was first: its key is everybody's
                os.link(name, self._key_file)
        finally:
            Path(name).unlink()
        return self._key_file.read_bytes()


class Feedback:
    """Counts recommendations and what came of them.

    The same id and event counts once within the last 10,000 reports of a process. The memory is bounded and not shared:
    a report that is sent again after more than that, or to another worker, counts again.
    """

    def __init__(self, ids: RecommendationIds, metrics: InferenceMetrics) -> None:
        self._ids = ids
        self._served = metrics.served
        self._counters = {"click": metrics.clicks, "success": metrics.successes}
        self._seen: OrderedDict[tuple[bytes, str], None] = OrderedDict()

    def served(self) -> str:
        """Counts one more recommendation and gives its id."""
        recommendation_id = self._ids.make()
        self._served.inc()
        return recommendation_id

    def report(self, recommendation_id: str, event: str) -> None:
        """Counts a "click" or a "success". Raises NotOurs or Expired for the id, KeyError for another event."""
        counter = self._counters[event]
        key = (self._ids.check(recommendation_id), event)
        if key in self._seen:
            self._seen.move_to_end(key)
            return
        self._seen[key] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        counter.inc()
