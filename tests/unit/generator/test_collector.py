"""The collector's configuration: pipelines for every switch, quoting, and what its patterns find."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from generator.builders import commands
from generator.builders.collector import ottl, secrets
from generator.pipeline import generate

BASE = {
    "version": 1,
    "stack": {"name": "demo"},
    "services": [{"name": "shop", "kind": "django", "targets": ["shop:8000"]}],
}
WORDS = st.text(alphabet="abcdefghijklmnopqrstuvwxyzABCXYZ0123456789", min_size=8, max_size=20)
NAMES = st.sampled_from(
    (
        "password",
        "Authorization",
        "x-api-key",
        "API_KEY",
        "clientSecret",
        "refresh_token",
        "DB_PASSWORD",
        "X-Auth-Token",
    )
)
SEPARATORS = st.sampled_from(("=", ": ", " = ", '": "', "': '", '="', "%3D"))


def configuration(target: str = "compose", **sections: Any) -> dict[str, Any]:
    bundle = generate(yaml.safe_dump({**BASE, **sections}), target=target)
    found: dict[str, Any] = yaml.safe_load(
        next(a.content for a in bundle.artifacts if a.path == "collector/config.yml")
    )
    return found


def masked(text: str, *names: str) -> str:
    """What the statements leave of a text; RE2's `${1}` in Python's words."""
    low = text.lower()
    for pattern in secrets.patterns(names):
        if pattern.words and not any(word in low for word in pattern.words):
            continue
        if not pattern.words and not re.search(secrets.DIGITS, text):
            continue
        text = re.sub(pattern.regex, re.sub(r"\$\{(\d)\}", r"\\g<\1>", pattern.mask), text)
    return text


@pytest.mark.parametrize(
    ("logs", "traces", "pipelines", "exporters"),
    [
        (True, True, {"logs", "traces/all", "traces/kept", "metrics/spans"}, 3),
        (True, False, {"logs"}, 1),
        (False, True, {"traces/all", "traces/kept", "metrics/spans"}, 2),
    ],
)
@pytest.mark.parametrize("target", ["compose", "native"])
def test_a_switch_leaves_a_smaller_whole_configuration(
    target: str, logs: bool, traces: bool, pipelines: set[str], exporters: int
) -> None:
    """Every component that is configured is used, and every one that is used is configured."""
    made = configuration(target, **({} if logs else {"logs": False}), **({} if traces else {"traces": False}))
    used = {
        kind: {name for pipeline in made["service"]["pipelines"].values() for name in pipeline.get(kind, [])}
        for kind in ("receivers", "processors", "exporters")
    }
    connectors = set(made.get("connectors", {}))

    assert set(made["service"]["pipelines"]) == pipelines
    assert len(made["exporters"]) == exporters
    assert used["receivers"] - connectors == set(made["receivers"])
    assert used["processors"] == set(made["processors"])
    assert used["exporters"] - connectors == set(made["exporters"])
    assert used["receivers"] & connectors == used["exporters"] & connectors == connectors
    assert all(p["processors"][0] == "memory_limiter" for n, p in made["service"]["pipelines"].items() if "/" not in n)


def test_nothing_is_left_where_both_are_off() -> None:
    """No collector, no port, no driver that waits for it."""
    bundle = generate(yaml.safe_dump({**BASE, "logs": False, "traces": False}))

    assert not [a.path for a in bundle.artifacts if a.path.startswith("collector/")]
    assert not [a.path for a in bundle.artifacts if "fluentd" in a.content or "OTEL_" in a.content]


def test_lines_of_what_speaks_otlp_are_not_fetched_as_well() -> None:
    """Nor the collector's own, whose every line would cause another."""
    services = yaml.safe_load(generate(yaml.safe_dump(BASE)).files()["docker-compose.yml"])["services"]
    drivers = {name: service["logging"]["driver"] for name, service in services.items()}

    assert {name for name, driver in drivers.items() if driver != "fluentd"} == {"otel-collector", "shop"}
    options = services["prometheus"]["logging"]["options"]
    assert (options["fluentd-async"], options["fluentd-request-ack"]) == ("true", "true")
    assert not [v for s in services.values() for v in s.get("volumes", []) if "docker.sock" in v]


def test_memory_ends_below_the_container_s() -> None:
    """Go clears up before data is refused, and data is refused before the kernel ends the process."""
    assert commands.COLLECTOR_GO < commands.COLLECTOR_LIMIT < commands.COLLECTOR_MEMORY * 0.9
    made = configuration()["processors"]["memory_limiter"]
    assert made["spike_limit_mib"] < made["limit_mib"] < commands.COLLECTOR_MEMORY


@given(st.text(st.characters(exclude_characters="\0")))
def test_a_literal_holds_whatever_it_is_given(text: str) -> None:
    """What the collector's file and then OTTL read is the text itself; no quote, backslash or dollar breaks out."""
    literal = ottl.literal(text)
    read = literal.replace("$$", "\0").replace("$", "VARIABLE").replace("\0", "$")

    assert re.fullmatch(r'"(?:\\.|[^\\"])*"', read, re.DOTALL)
    escapes = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}
    assert re.sub(r'\\[\\"n]', lambda m: escapes[m[0]], read[1:-1]) == text


def test_a_name_of_the_spec_is_no_pattern() -> None:
    """Its dot stands for a separator, not for any character."""
    assert masked("axb=hidden a.b=hidden", "a.b") == "axb=hidden a.b=****"


@given(NAMES, SEPARATORS, WORDS)
def test_a_value_after_a_secret_name_is_masked(name: str, separator: str, value: str) -> None:
    """In any case and with any separator, and the words around it stay."""
    before, after = "before it ", ' "after it"'

    found = masked(f"{before}{name}{separator}{value}{after}")

    assert value not in found.replace(name, "")
    assert found.startswith(f"before it {name}")


@given(st.integers(0, 10**15), st.floats(0, 1), st.uuids(version=4), st.integers(10**9, 2 * 10**9))
def test_numbers_that_are_no_cards_stay(number: int, share: float, uuid: object, second: int) -> None:
    """Identifiers, decimals, and times in seconds, milliseconds and nanoseconds."""
    text = f'{{"duration": {share}, "id": "{uuid}", "at": {second}, "ms": {second}123, "ns": {second}123456789}}'

    assert masked(text) == text


@pytest.mark.parametrize("name", ["resident-number", "Card.Holder", "PIN"])
def test_a_name_of_the_spec_is_masked_in_every_spelling(name: str) -> None:
    """With -, _, . or nothing between its words, in any case."""
    words = re.split("[-.]", name)
    for spelled in ("-".join(words), "_".join(words).upper(), "".join(words).lower(), ".".join(words)):
        assert masked(f'{{"{spelled}": "hidden", "x": 1}}', name) == f'{{"{spelled}": "****", "x": 1}}'


def test_every_pattern_s_words_stand_in_what_it_finds() -> None:
    """The quick search before a pattern never hides what the pattern would find: each name of a field holds a word."""
    names = ("authorization", "cookies", "password", "passwd", "passphrase", "pwd", "secret", "token", "credentials")
    more = ("api-key", "secret_key", "access.key", "private key", "accountkey", "signingKey", "sessionid", "sessid")
    words = secrets.patterns(())[0].words
    for name in (*names, *more, "cvv2", "cvc"):
        assert re.search(secrets.keys(()), name)
        assert any(word in name.lower() for word in words), name
