"""What every file of the project must be: small, free of places that only one machine has, and in step."""

from __future__ import annotations

import re
import string
from dataclasses import asdict

import pytest

from generator import names
from generator.cli import OK, main
from generator.defaults import IMAGES
from generator.model import Locale
from generator.names import CATALOGUE
from generator.pipeline import read
from generator.rules import every_alert
from generator.targets import TARGETS
from generator.texts import TEXTS
from tests.architecture.sources import PACKAGES, ROOT, python_files, shown, tracked

LONGEST = 400
# Written in parts, so that this file does not find itself.
REGISTRIES = [
    ".".join(parts)
    for parts in (
        ("docker", "io"),
        ("ghcr", "io"),
        ("quay", "io"),
        ("nvcr", "io"),
        ("gcr", "io"),
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
    )
]
MACHINE = re.compile(
    "|".join(("/wo" + r"rk/", "/opt/" + "stack", "/ro" + "ot/", "/ho" + r"me/[a-z]", "/tmp/" + "[a-z]"))
)
PLACEHOLDER = re.compile(r"<[a-z]+>")


def test_no_python_file_is_too_long_to_hold_in_the_head() -> None:
    """At most 400 lines."""
    long = {shown(p): n for x in PACKAGES for p in python_files(x) if (n := len(p.read_text().splitlines())) > LONGEST}

    assert long == {}


def _texts() -> list[tuple[str, str]]:
    found = []
    for path in tracked():
        try:
            found.append((shown(path), path.read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue
    return found


def test_no_file_names_a_registry() -> None:
    """Where packages and images come from is the machine's own setting; some images have a host in their name."""
    images = [str(image) for image in asdict(IMAGES).values()]
    hits = [f"{path}: {host}" for path, text in _texts() for host in REGISTRIES if host in _without(text, images)]

    assert hits == []


def _without(text: str, parts: list[str]) -> str:
    for part in parts:
        text = text.replace(part, "")
    return text


def test_no_file_holds_a_path_of_one_machine() -> None:
    hits = [f"{p}: {m[0]}" for p, text in _texts() if not p.startswith(".ci/") and (m := MACHINE.search(text))]

    assert hits == []


def test_no_secret_is_committed() -> None:
    """Nothing below secrets/, no .env, no state of a running stack."""
    assert [shown(p) for p in tracked() if shown(p).split("/")[0] in ("secrets", ".run", ".env")] == []


def test_the_committed_tree_is_what_the_spec_says(capsys: pytest.CaptureFixture[str]) -> None:
    """`generate` would change nothing."""
    assert main(["diff", "--spec", str(ROOT / "spec.yaml")]) == OK
    assert capsys.readouterr().out == ""


def test_both_languages_say_the_same_things() -> None:
    """The same keys, the same alerts, the same placeholders."""
    english, korean = TEXTS[Locale.EN], TEXTS[Locale.KO]

    assert english.words.keys() == korean.words.keys()
    assert english.alerts.keys() == korean.alerts.keys() <= set(CATALOGUE)
    for name, text in english.alerts.items():
        other = korean.alerts[name]
        for mine, theirs in ((text.summary, other.summary), (text.description, other.description)):
            assert sorted(PLACEHOLDER.findall(mine)) == sorted(PLACEHOLDER.findall(theirs)), name
        assert len(text.steps) == len(other.steps), name
    for key, word in english.words.items():
        fields = [sorted(f for _, f, _, _ in string.Formatter().parse(w) if f) for w in (word, korean.words[key])]
        assert fields[0] == fields[1], key


def test_every_alert_has_its_runbook() -> None:
    """And no runbook is left of an alert that is gone."""
    stack = read((ROOT / "spec.yaml").read_bytes(), next(iter(TARGETS))).stack
    wanted = {names.runbook_file(alert.name) for alert in every_alert(stack)}

    assert {shown(path) for path in (ROOT / "docs" / "runbooks").iterdir()} == wanted
