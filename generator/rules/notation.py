"""How a number is written in a notification: Prometheus templates, filled in by Prometheus when an alert fires."""

from __future__ import annotations

from collections.abc import Callable

Notation = Callable[[str], str]
VALUE = "$value"


def RATIO(number: str) -> str:
    """0.0512 -> 5.12%"""
    return f"{{{{ {number} | humanizePercentage }}}}"


def SECONDS(number: str) -> str:
    """0.9123 -> 912.3ms"""
    return f"{{{{ {number} | humanizeDuration }}}}"


def COUNT(number: str) -> str:
    """12.4 -> 12"""
    return f'{{{{ {number} | printf "%.0f" }}}}'


def PLAIN(number: str) -> str:
    """2.3456 -> 2.35"""
    return f'{{{{ {number} | printf "%.2f" }}}}'


def DEGREES(number: str) -> str:
    """91 -> 91 °C, 82.5 -> 82.5 °C"""
    return f'{{{{ {number} | printf "%.4g" }}}} °C'


def limit_of(notation: Notation, service: str, route: str | None) -> str:
    """A template that asks for the limit in force of the alert's own service, or of its route if it has one."""
    by_service = _first(notation, service, "{service=%q}", "$labels.service")
    if route is None:
        return by_service
    by_route = _first(notation, route, "{service=%q,route=%q}", "$labels.service $labels.route")
    return f"{{{{ if $labels.route }}}}{by_route}{{{{ else }}}}{by_service}{{{{ end }}}}"


def limit_of_database(notation: Notation, series: str) -> str:
    """A template that asks for the limit in force of the alert's own database."""
    return _first(notation, series, "{database=%q}", "$labels.database")


def limit_of_target(notation: Notation, series: str) -> str:
    """A template that asks for the limit in force of the alert's own target."""
    return _first(notation, series, "{job=%q,instance=%q}", "$labels.job $labels.instance")


def limit_of_slo(notation: Notation, series: str) -> str:
    """A template that asks for a value of the alert's own SLO."""
    return _first(notation, series, "{service=%q,slo=%q}", "$labels.service $labels.slo")


def _first(notation: Notation, series: str, matchers: str, arguments: str) -> str:
    query = f"printf `{series}{matchers}` {arguments} | query"
    return f"{{{{ with {query} }}}}{notation('. | first | value')}{{{{ end }}}}"
