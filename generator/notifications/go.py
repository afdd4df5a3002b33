"""Pieces of Go templates. Everything here is the generator's own text; values come in at run time only."""

from __future__ import annotations

from collections.abc import Iterable

PREFIX = "stack."
IN_ONE_LINE = (r"[\s\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+", " ")
"""Line breaks, control characters and marks that turn the direction of writing become spaces."""
TIME = "2006-01-02 15:04:05 MST"


def called(name: str, argument: str = ".") -> str:
    """The output of a template: `{{ template "stack.slack.text" . }}`."""
    return do(f'template "{PREFIX}{name}" {argument}')


def define(name: str, body: str) -> str:
    """A template with exactly this output."""
    return do(f'define "{PREFIX}{name}"') + body + do("end") + "\n"


def replaced(pairs: Iterable[tuple[str, str]]) -> str:
    """Dot with every pattern replaced, in order; a replacement may say `$1`."""
    return do(" | ".join((".", *(f"reReplaceAll {raw(pattern)} {raw(to)}" for pattern, to in pairs))))


def raw(text: str) -> str:
    """A string constant without escapes."""
    return f"`{text}`" if "`" not in text else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def shortened(most: int) -> tuple[str, str]:
    """Text beyond so many characters is cut."""
    return rf"^(.{{{most}}}).+$", "${1}…"


def local(moment: str) -> str:
    """A time in the zone that the server is started with, which the text names."""
    return do(f'{moment}.Local.Format "{TIME}"')


def do(code: str) -> str:
    """An action: `{{ code }}`."""
    return f"{{{{ {code} }}}}"


def when(condition: str, body: str, otherwise: str = "") -> str:
    """The body if the condition holds."""
    return do(f"if {condition}") + body + (do("else") + otherwise if otherwise else "") + do("end")


def given(value: str, body: str) -> str:
    """The body with dot at the value, if there is one."""
    return do(f"with {value}") + body + do("end")


def each(clause: str, body: str) -> str:
    """The body for every element."""
    return do(f"range {clause}") + body + do("end")


def either(value: str, cases: dict[str, str], otherwise: str) -> str:
    """What belongs to the value of an expression."""
    text = ""
    for number, (case, body) in enumerate(cases.items()):
        text += do(f'{"else if" if number else "if"} eq {value} "{case}"') + body
    return text + do("else") + otherwise + do("end")
