"""The YAML reader: places that an editor can jump to, YAML 1.2's words, and limits that hold against hostile files."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.document import MAX_DEPTH, MAX_NODES, locate, locate_key, parse
from generator.problems import Problem, SpecError


def refused(text: str | bytes) -> tuple[Problem, ...]:
    """The problems of a document that must not be read."""
    with pytest.raises(SpecError) as caught:
        parse(text if isinstance(text, bytes) else text.encode())
    return caught.value.problems


def plain(text: str) -> Any:
    return parse(text.encode()).plain()


def test_places_count_characters_from_one() -> None:
    """Hangul is one column a character, and a list item has its own place."""
    root = parse("가: 1\n서비스:\n  - {이름: 둘, b: [x,  y]}\n".encode())

    assert locate(root, ("서비스", 0, "이름")) == (3, 10)
    assert locate(root, ("서비스", 0, "b", 1)) == (3, 21)
    assert locate_key(root, ("서비스", 0, "b")) == (3, 13)


def test_a_place_that_does_not_exist_is_the_nearest_that_does() -> None:
    """A missing key is told where its mapping stands."""
    root = parse(b"a:\n  b:\n    c: 1\n")

    assert locate(root, ("a", "b", "nope", 3)) == (3, 5)
    assert locate(root, ("a", 7)) == (2, 3)
    assert locate_key(root, ("a", "b", "nope")) == (3, 5)


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_lines_are_those_of_the_editor(ending: str) -> None:
    """Whatever ends them, and with or without a byte order mark."""
    text = ending.join(("a: 1", "b:", "  c: 2", ""))

    for mark in (b"", b"\xef\xbb\xbf"):
        assert locate_key(parse(mark + text.encode()), ("b", "c")) == (3, 3)


@pytest.mark.parametrize("word", ["no", "on", "Yes", "12:30", "0o17", "0x1F", "1_000", "2026-11-21", "=", ".5.", "+"])
def test_words_of_yaml_1_1_are_text(word: str) -> None:
    """A country called no stays one."""
    assert plain(f"a: {word}") == {"a": word}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("", None),
        ("Null", None),
        ("-7", -7),
        ("1.5", 1.5),
        ("1e3", 1000.0),
    ],
)
def test_words_of_yaml_1_2_are_values(written: str, value: object) -> None:
    """And in quotes they are text again."""
    assert plain(f"a: {written}") == {"a": value}
    assert plain(f"a: '{written}'") == {"a": written}


@pytest.mark.parametrize("written", ["1e999", "-1e999", ".inf", ".nan", "tRUE", "9" * 60])
def test_what_is_no_number_here_is_text(written: str) -> None:
    """No infinity reaches an expression, and no number that would lose digits unseen."""
    assert plain(f"a: {written}") == {"a": written}


def test_merge_keys_bring_in_what_is_not_set() -> None:
    """Nearer sources win, as YAML says."""
    text = "base: &b {x: 1, y: 1}\nmore: &m {y: 2, z: 2}\nmade: {<<: [*b, *m], x: 0}"

    assert plain(text)["made"] == {"x": 0, "y": 1, "z": 2}


def test_every_duplicate_key_is_told() -> None:
    """With the line of the first, and keys that are one only once they are read: `1` and `'1'`."""
    problems = refused("a: 1\nb: {c: 1, c: 2}\na: 2\n1: x\n'1': y\n")

    assert [(p.code, p.line, p.column) for p in problems] == [
        ("duplicate-key", 2, 11),
        ("duplicate-key", 3, 1),
        ("duplicate-key", 5, 1),
    ]
    assert "already set in line 1" in problems[1].hint


def test_aliases_cannot_grow_a_document() -> None:
    """Ten levels of ten aliases are ten thousand million values; the reader stops before it has a million and one."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 11)]

    assert [p.code for p in refused("\n".join(lines))] == ["too-many-nodes"]
    assert MAX_NODES <= 1_000_000


def test_merges_cannot_grow_a_document() -> None:
    """The entries that `<<` copies count as well."""
    base = "base: &b {" + ", ".join(f"k{n}: 1" for n in range(2000)) + "}"
    text = base + "\nall:\n" + "".join(f"  - {{<<: *b, n: {n}}}\n" for n in range(1000))

    assert [p.code for p in refused(text)] == ["too-many-nodes"]


def test_aliases_cannot_nest_deeper_than_brackets_may() -> None:
    """Each anchor is flat enough by itself; together they would be deeper than any stack."""
    parts = [f"a0: &a0 {'[' * 20}{']' * 20}"]
    parts += [f"a{n}: &a{n} {'[' * 20}*a{n - 1}{']' * 20}" for n in range(1, 80)]

    problem = refused("\n".join(parts))[0]

    assert problem.code == "too-deep"
    assert (problem.line, problem.column) == (2, len("a1: &a1 ") + 20 + 1)


@pytest.mark.parametrize("levels", [MAX_DEPTH, MAX_DEPTH + 1])
def test_the_depth_has_a_bound(levels: int) -> None:
    """At the bound a document is read, one deeper it is not."""
    text = "{a: " * levels + "1" + "}" * levels
    if levels <= MAX_DEPTH:
        assert plain(text)
    else:
        assert [p.code for p in refused(text)] == ["too-deep"]


def test_a_wrong_byte_is_told_in_characters() -> None:
    """The column is the editor's, not that of the bytes before."""
    problem = refused("a: 1\n이름: ".encode() + b"\xff\n")[0]

    assert (problem.code, problem.line, problem.column) == ("not-utf8", 2, 5)


@pytest.mark.parametrize("letter", ["\x00", "\x07", "\x1b", "\x7f", "\ufffe", "\uffff"])
def test_control_characters_have_a_place(letter: str) -> None:
    problem = refused(f"a: 1\nb: x{letter}y\n")[0]

    assert (problem.code, problem.line, problem.column) == ("control-character", 2, 5)
    assert f"U+{ord(letter):04X}" in problem.message


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"),
        ("# only a comment", "empty"),
        ("~", "empty"),
        ("- a", "not-a-mapping"),
        ("word", "not-a-mapping"),
        ("a: 1\n---\nb: 1", "many-documents"),
        ("a: !!python/object:os.system x", "tag"),
        ("a: !!set {b, c}", "tag"),
        ("a: *nobody", "alias"),
        ("a: &a {b: *a}", "alias"),
        ("? [a, b]\n: 1", "key"),
        ("<<: 3\na: 1", "merge"),
        ("a: [1, 2", "yaml"),
        ("a: 'x", "yaml"),
        ("%YAML 9.9\n---\na: 1", "yaml"),
    ],
)
def test_what_is_no_plain_document_has_a_code_and_a_place(text: str, code: str) -> None:
    problem = refused(text)[0]

    assert problem.code == code
    assert re.fullmatch(r"spec\.yaml:[1-9][0-9]*:[1-9][0-9]*: .+", problem.text("spec.yaml"))


KEYS = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters="\ufffe\uffff"), min_size=1
)


@settings(deadline=None, max_examples=60, derandomize=True)
@given(st.lists(KEYS.filter(lambda key: key != "<<"), min_size=1, max_size=6, unique=True))
def test_every_quoted_key_is_found_where_it_stands(keys: list[str]) -> None:
    """Line n holds key n, whatever the key is made of."""
    lines = ['"' + key.replace("\\", "\\\\").replace('"', '\\"') + '": 1' for key in keys]
    root = parse("\n".join(lines).encode())

    assert root.plain() == dict.fromkeys(keys, 1)
    assert [locate_key(root, (key,)) for key in keys] == [(n, 1) for n in range(1, len(keys) + 1)]
