"""One file for each instrumentation library; what every profile promises is in `base.py`."""

from __future__ import annotations

from generator.profiles.base import Counter, Duration, Mean, Profile
from generator.profiles.django import DJANGO
from generator.profiles.fastapi import FASTAPI
from generator.profiles.flask import FLASK
from generator.profiles.opentelemetry import OPENTELEMETRY
from generator.profiles.starlette import STARLETTE
from generator.profiles.triton import TRITON
from generator.profiles.vllm import VLLM

PROFILES: dict[str, Profile] = {
    profile.name: profile for profile in (DJANGO, FASTAPI, FLASK, OPENTELEMETRY, STARLETTE, TRITON, VLLM)
}

__all__ = ["PROFILES", "Counter", "Duration", "Mean", "Profile"]
