"""What every channel's messages are made of: the worst severity, the title, one alert, its links."""

from __future__ import annotations

from dataclasses import dataclass

from generator.notifications.go import (
    IN_ONE_LINE,
    called,
    define,
    do,
    each,
    either,
    given,
    local,
    raw,
    replaced,
    shortened,
    when,
)

Words = dict[str, str]
Pairs = tuple[tuple[str, str], ...]
NAME = 'index .CommonLabels "alertname"'
_WHERE = " ".join(f'(index .CommonLabels "{label}")' for label in ("service", "database", "probe", "instance"))
_WORSE = '(eq $severity "") (eq $own "critical") (and (eq $own "warning") (ne $severity "critical"))'
WORST = do('$severity := ""') + each(
    ".Alerts",
    when(
        'or (eq .Status "firing") (eq $.Status "resolved")',
        do('$own := index .Labels "severity"') + when(f"or {_WORSE}", do("$severity = $own")),
    ),
)
"""Sets $severity: of what fires; of what fired, once all is resolved."""
OTHER_LABELS = '(LABELS.Remove (stringSlice "alertname" "severity")).SortedPairs'
# Alertmanager's form knows no escapes, so a value with quotes or backslashes, or a very long one, is matched by a
# regular expression of its letters and digits.
_ODD = r'["\\\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|^.{61}'
_AS_PATTERN = (
    (r"[^\p{L}\p{N}\p{Cc} :/_-]", "."),
    (r"(?s)^(.{60}).+$", "${1}(?s:.*)"),
    (r"\p{Cc}", "(?s:.)"),
)

# What could end a link early in any markup, as a browser would write it.
URL = (
    (r"[\s\p{Cc}\p{Cf}]+", ""),
    *((rf"\x{ord(character):02x}", f"%{ord(character):02X}") for character in "\"'<>|`()[]{}\\*"),
)


@dataclass(frozen=True, slots=True)
class Style:
    """How a channel shows text. `escapes` make any value harmless there; `link` has `%(url)s` and `%(word)s`."""

    name: str
    escapes: Pairs
    newline: str = "\n"
    bold: str = "%s"
    link: str = "%(word)s: %(url)s"
    between: str = " · "
    most: int = 10
    longest: int = 300
    url: Pairs = URL
    html: bool = False

    def safe(self, value: str) -> str:
        """The value of an expression, harmless."""
        return called(f"{self.name}.safe", value)

    def brief(self, value: str) -> str:
        """The same, shorter, for titles."""
        return called(f"{self.name}.brief", value)

    def helpers(self) -> str:
        """The templates that the others call."""
        found = {"safe": (IN_ONE_LINE, shortened(self.longest), *self.escapes)}
        found |= {"brief": (IN_ONE_LINE, shortened(40), *self.escapes), "url": self.url}
        return "".join(define(f"{self.name}.{name}", replaced(pairs)) for name, pairs in found.items())

    def linked(self, word: str, value: str) -> str:
        """A link to what an expression holds; text where it is no URL, nothing where it is empty."""
        link = self.link % {"url": called(f"{self.name}.url"), "word": word}
        return given(value, when('match "^https?://" .', link, f"{word}: {self.safe('.')}") + self.between)


def common() -> str:
    """What the files of all channels share."""
    return _filter("filter", html=False) + _filter("filter.html", html=True)


def _filter(name: str, *, html: bool) -> str:
    """Labels as the filter of Alertmanager's form for a silence. HTML templates encode what stands in a URL."""
    encode = () if html else ("urlquery", 'reReplaceAll `\\+` "%20"')
    pattern = (f"reReplaceAll {raw(old)} {raw(new)}" for old, new in _AS_PATTERN)
    odd = f"{do('.Name')}%3D~%22{do(' | '.join(('.Value', *pattern, *encode)))}%22"
    even = f"{do('.Name')}%3D%22{do(' | '.join(('.Value', *encode)))}%22"
    one = given("$pair", when(f"match {raw(_ODD)} .Value", odd, even))
    return define(name, "%7B" + each("$i, $pair := .", when("$i", "%2C%20") + one) + "%7D")


def silence(labels: str, *, html: bool = False) -> str:
    """The URL of a prefilled form for a silence; `$` is the notification."""
    wanted = called("filter.html" if html else "filter", f"{labels}.SortedPairs")
    return do("$.ExternalURL") + "/#/silences/new?filter=" + wanted


def status(words: Words, of: str = ".Status") -> str:
    """The word for the status of an alert or of all."""
    return either(of, {"firing": words["notice.firing"]}, words["notice.resolved"])


def severity(style: Style, words: Words) -> str:
    """The word for $severity."""
    known = {name: words[f"notice.{name}"] for name in ("critical", "warning", "info")}
    return either("$severity", known, style.brief("$severity"))


def title(style: Style, words: Words) -> str:
    """What fires, how bad it is, and where."""
    many = when("gt (len .Alerts.Firing) 1", ":" + do("len .Alerts.Firing"))
    level = when("$severity", f"{severity(style, words)}: ")
    where = given(f"or {_WHERE}", f" · {style.brief('.')}")
    return define(f"{style.name}.title", f"{WORST}[{status(words)}{many}] {level}{style.brief(f'({NAME})')}{where}")


def alert(style: Style, words: Words) -> str:
    """One alert without its links."""
    safe, end, annotation = style.safe("."), style.newline, "index $.Annotations"
    first = f"[{status(words)}] " + given(f'or ({annotation} "summary") (index $.Labels "alertname")', safe)
    limit = given(f'{annotation} "limit"', f" ({words['notice.limit']} {safe})")
    until = f"{end}{words['notice.until']}: {local('.EndsAt')}"
    label = f"{style.safe('$pair.Name')}={style.safe('$pair.Value')}"
    lines = (
        style.bold % first + end,
        given(f'{annotation} "description"', safe + end),
        given(f'{annotation} "value"', f"{words['notice.value']}: {safe}{limit}{end}"),
        f"{words['notice.since']}: {local('.StartsAt')}" + when('eq .Status "resolved"', until) + end,
        each(f"$i, $pair := {OTHER_LABELS.replace('LABELS', '.Labels')}", when("$i", ", ") + label) + end,
    )
    return define(f"{style.name}.alert", "".join(lines))


def links(style: Style, words: Words, *, with_silence: bool = True) -> str:
    """The links of `$alert`."""
    found = "".join(
        style.linked(words[f"notice.{name}"], f'index $alert.Annotations "{name}_url"')
        for name in ("dashboard", "runbook")
    )
    url = silence("$alert.Labels", html=style.html)
    return found + (style.link % {"url": url, "word": words["notice.silence"]} if with_silence else "")


def listed(style: Style, words: Words, wanted: str, one: str) -> str:
    """`one` for every alert of a status, up to `most`, and a word about the others."""
    found = each(f"$i, $alert := .Alerts.{wanted}", when(f"lt $i {style.most}", one))
    return found + when(f"gt (len .Alerts.{wanted}) {style.most}", words["notice.more"] + style.newline)


def body(style: Style, words: Words, name: str = "text", *, silence_each: bool = True) -> str:
    """All alerts of a notification, those that fire first."""
    one = called(f"{style.name}.alert", "$alert") + links(style, words, with_silence=silence_each) + 2 * style.newline
    found = "".join(listed(style, words, wanted, one) for wanted in ("Firing", "Resolved"))
    if not silence_each:
        found += style.link % {"url": silence(".GroupLabels", html=style.html), "word": words["notice.silence"]}
    return define(f"{style.name}.{name}", found)
