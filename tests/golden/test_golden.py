"""Golden cases: a folder is a spec, and what `generate` says about it (`stderr.txt`) or makes of it (`expected/`).

`UPDATE_GOLDEN=1 pytest tests/golden` rewrites what is expected; the diff is reviewed like code. A spec whose first line
is `# target: native` is rendered for processes. Bytes that no editor would save come from `RECIPES` instead of a file.
"""

from __future__ import annotations

import os
import re
import shutil
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from generator.cli import BAD, OK, main
from generator.names import MANIFEST

CASES = Path(__file__).parent / "cases"
UPDATE = os.environ.get("UPDATE_GOLDEN") == "1"
PLACE = re.compile(r"spec\.yaml:([1-9][0-9]*):([1-9][0-9]*): (warning: )?\S.*")
# The same for every spec; the copies in the root of the project are compared with their source elsewhere.
SHARED = {"spec.schema.json", "docs/spec-reference.md", MANIFEST}
HEAD = b"version: 1\nstack:\n  name: demo\n"
RECIPES: dict[str, Callable[[], bytes]] = {
    "a-byte-that-is-no-utf8-is-named": lambda: HEAD + b"  environment: caf\xe9\n",
    "utf16-is-no-utf8": lambda: "version: 1\n".encode("utf-16"),
    "a-nul-byte-is-named": lambda: HEAD + b"  environment: a\x00b\n",
    "a-control-character-is-named": lambda: HEAD + b"  environment: \x1b[31mred\n",
    "a-file-of-100-mb-is-refused-unread": lambda: b"version: 1\n" + b"a: b\n" * 20_000_000,
    "a-file-just-above-the-limit-is-refused": lambda: b"version: 1\n" + b"#" * (8 * 1024 * 1024),
}


def _folders() -> list[Path]:
    return sorted(path for path in CASES.iterdir() if path.is_dir())


def _put_spec(case: Path, place: Path) -> list[str]:
    """Writes the case's spec below `place`; returns the arguments that render it."""
    raw = RECIPES[case.name]() if case.name in RECIPES else (case / "spec.yaml").read_bytes()
    (place / "spec.yaml").write_bytes(raw)
    target = "native" if raw.startswith(b"# target: native\n") else "compose"
    return ["generate", "--spec", "spec.yaml", "--out", "out", "--target", target]


def _tree(folder: Path) -> dict[str, str]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    found = {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in paths}
    return {path: text for path, text in sorted(found.items()) if path not in SHARED}


def _rewrite(case: Path, said: str, tree: dict[str, str]) -> None:
    shutil.rmtree(case / "expected", ignore_errors=True)
    (case / "stderr.txt").unlink(missing_ok=True)
    if said:
        (case / "stderr.txt").write_text(said, encoding="utf-8")
        return
    for path, text in tree.items():
        (case / "expected" / path).parent.mkdir(parents=True, exist_ok=True)
        (case / "expected" / path).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("case", _folders(), ids=lambda path: path.name)
def test_a_spec_gives_what_its_case_expects(
    case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The messages are exactly those of the case, or the tree is."""
    monkeypatch.chdir(tmp_path)
    status = main(_put_spec(case, tmp_path))
    said = capsys.readouterr().err
    if UPDATE:
        _rewrite(case, said, _tree(tmp_path / "out"))

    messages, tree = case / "stderr.txt", case / "expected"
    assert messages.exists() != tree.exists(), "a case has either stderr.txt or expected/"
    if tree.exists():
        assert said == ""
        assert _tree(tree) == _tree(tmp_path / "out")
        assert status == OK
        return
    assert messages.read_text(encoding="utf-8") == said
    _judge(said, status, tmp_path)


def _judge(said: str, status: int, place: Path) -> None:
    """Every message has a place; what is an error stops everything, what is a warning stops nothing."""
    assert said, "nothing was said"
    found = [PLACE.fullmatch(line) for line in said.splitlines()]
    assert all(found), f"a line without a place: {said}"
    places = [(int(match[1]), int(match[2])) for match in found if match]
    assert sorted(places) == places, "not in the order of the file"
    stopped = any(match and not match[3] for match in found)
    assert (BAD if stopped else OK) == status
    assert (place / "out").exists() is not stopped, "a tree was written in spite of errors"


def test_no_case_is_left_over() -> None:
    """Each folder has its spec or its recipe, each recipe its folder, and nothing else lies there."""
    known = {"spec.yaml", "stderr.txt", "expected"}
    strangers = [str(path.relative_to(CASES)) for path in CASES.glob("*/*") if path.name not in known]
    without_spec = [case.name for case in _folders() if not (case / "spec.yaml").exists() and case.name not in RECIPES]

    assert strangers == []
    assert without_spec == []
    assert set() == {name for name in RECIPES if not (CASES / name).is_dir() or (CASES / name / "spec.yaml").exists()}


def test_there_are_cases_enough() -> None:
    """Forty kinds of bad input are the least that is promised."""
    bad = [case for case in _folders() if (case / "stderr.txt").exists()]

    assert len(bad) >= 40
    assert len(_folders()) - len(bad) >= 3


def test_a_huge_file_costs_no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """100 MB are refused within 64 MiB."""
    monkeypatch.chdir(tmp_path)
    arguments = _put_spec(CASES / "a-file-of-100-mb-is-refused-unread", tmp_path)
    tracemalloc.start()
    status = main(arguments)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert status == BAD
    assert peak < 64 * 2**20
