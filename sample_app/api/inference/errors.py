"""Why a model gives no answer."""

from __future__ import annotations


class Unavailable(Exception):
    """The model takes no request now: its queue is full, it stops, or it could not be loaded. An HTTP 503."""


class ModelFailed(Exception):
    """The model broke on the batch that held this request. An HTTP 500."""
