"""Inference that is real and small: two models trained at start, each behind a bounded queue that makes batches."""

from . import blas  # noqa: F401
from .batching import BatchQueue
from .errors import ModelFailed, Unavailable
from .host import Blueprint, ModelHost
from .metrics import InferenceMetrics, ModelMetrics
from .service import Inference

__all__ = [
    "BatchQueue",
    "Blueprint",
    "Inference",
    "InferenceMetrics",
    "ModelFailed",
    "ModelHost",
    "ModelMetrics",
    "Unavailable",
]
