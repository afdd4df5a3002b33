"""Whatever a file holds: a message and an exit status, never an exception, and nothing written."""

from __future__ import annotations

import contextlib
import io
import tempfile
from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator.cli import BAD, OK, main
from tests.property.specs import Spec, specs
from tests.property.test_specs import MANY, THOROUGH

common = settings(
    deadline=None, derandomize=not THOROUGH, suppress_health_check=[HealthCheck.too_slow], max_examples=MANY * 3
)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["1%", "5m", "a:1", "fastapi"]),
)
KEYS = st.one_of(
    st.text(max_size=10),
    st.sampled_from(["version", "stack", "services", "name", "kind", "targets", "alerting", "hosts"]),
    st.sampled_from([0, -1.5, True, None, "<<"]),
)
DATA = st.recursive(
    LEAVES, lambda x: st.one_of(st.lists(x, max_size=4), st.dictionaries(KEYS, x, max_size=5)), max_leaves=20
)


def judged(raw: bytes) -> int:
    """The exit status for a file with these bytes; nothing may be written when it is refused."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()) as said:
        path = Path(folder) / "spec.yaml"
        path.write_bytes(raw)
        with contextlib.redirect_stdout(io.StringIO()):
            status = main(["generate", "--spec", str(path), "--out", f"{folder}/out"])
        if status == BAD:
            assert said.getvalue().strip(), "refused without a word"
            assert not (Path(folder) / "out").exists()
    return status


@settings(common)
@given(st.binary(max_size=300))
def test_any_bytes(raw: bytes) -> None:
    """Bytes that are no text, text that is no YAML."""
    assert judged(raw) == BAD


@settings(common)
@given(st.text(alphabet=st.sampled_from(list("ab:-[]{}&*!|>'\"#%@`,? \n\t0.~")), max_size=120))
def test_any_text(text: str) -> None:
    """Text made of what YAML gives a meaning to."""
    assert judged(text.encode()) == BAD


@settings(common)
@given(DATA)
def test_any_data(data: Any) -> None:
    """YAML of any shape."""
    assert judged(yaml.safe_dump(data, allow_unicode=True).encode("utf-8", "surrogatepass")) == BAD


@settings(common)
@given(specs(), st.data())
def test_any_spec_with_one_wrong_part(spec: Spec, data: st.DataObject) -> None:
    """A valid spec in which one place holds something else: accepted or refused, and never a crash."""
    place: Any = spec
    while True:
        keys = list(place) if isinstance(place, dict) else range(len(place))
        key = data.draw(st.sampled_from(list(keys)))
        if not isinstance(place[key], dict | list) or not place[key] or data.draw(st.booleans()):
            place[key] = data.draw(DATA)
            break
        place = place[key]

    assert judged(yaml.safe_dump(spec, allow_unicode=True).encode("utf-8", "surrogatepass")) in (OK, BAD)
