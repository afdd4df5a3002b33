"""The commands. Only this file prints and chooses exit codes: 0 well, 1 found something, 2 bad input."""

from __future__ import annotations

import argparse
import difflib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from generator.problems import Problem, SpecError

OK, FOUND, BAD = 0, 1, 2
MAX_READ = 16 * 1024 * 1024


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; returns its exit status."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except SpecError as error:
        _problems(error.problems, options)
        return BAD
    except _Bad as error:
        _say_error(str(error))
        return BAD
    except KeyboardInterrupt:
        _say_error("interrupted")
        return 130
    except BrokenPipeError:
        return OK


class _Bad(Exception):
    """Input that cannot be used; the text is for the user."""


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--spec", default="spec.yaml", metavar="FILE", help="the spec (default: %(default)s)")
    common.add_argument("--out", metavar="DIR", help="the tree to render into (default: the spec's folder)")
    common.add_argument("--target", choices=("compose", "native"), default="compose", help="where the stack runs")
    parser = argparse.ArgumentParser(prog="python -m generator", description="One spec in, a running stack out.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, parents=[common], help=text, description=text)
        sub.set_defaults(run=run)
        return sub

    command("generate", _generate, "Render the spec into the tree; what has not changed is not touched.")
    command("check", _check, "The spec is valid, the tree is what it says, and every server accepts its file.")
    command("diff", _diff, "What `generate` would change, as a unified diff.")
    command("schema", _schema, "Print the spec's JSON Schema.")
    init = command("init", _init, "Write a first spec, or propose a service entry from a live /metrics page.")
    init.add_argument("--from", dest="url", metavar="URL", help="a live /metrics page")
    init.add_argument("--name", help="the name of the stack, or with --from of the service")
    explain = command("explain", _explain, "An alert's expression, its limits, and where each came from.")
    explain.add_argument("alert", metavar="ALERT")
    how = explain.add_mutually_exclusive_group()
    how.add_argument("--fire", action="store_true", help="which series would make it fire, and which just not")
    how.add_argument("--backtest", action="store_true", help="how often it would have fired, at this and other limits")
    explain.add_argument("--days", type=float, default=7.0, help="how far back (default: %(default)g)")
    explain.add_argument("--url", metavar="PROMETHEUS", help="default: this stack's own")
    explain.add_argument("--service", metavar="NAME", help="of one service alone, with its own limit")
    explain.add_argument("--factors", metavar="LIST", help="limits to try, as multiples of today's: 0.9,1,1.1")
    command("tools", _tools, "Bring the servers' checkers to this machine where they are missing.")
    for name, run, text in (
        ("up", _up, "Start the stack and wait until it is healthy."),
        ("down", _down, "Stop the stack; its data stays."),
        ("status", _status, "What runs, and where."),
    ):
        sub = command(name, run, text)
        if name == "up":
            sub.add_argument("--runtime", choices=("docker", "native"), help="default: what answers")
        if name == "down":
            sub.add_argument("--delete-data", action="store_true", help="delete its data for good")
    logs = command("logs", _logs, "The servers' logs.")
    logs.add_argument("components", nargs="*", metavar="COMPONENT")
    logs.add_argument("--lines", type=int, default=100)
    logs.add_argument("--follow", action="store_true")
    test = command("alert-test", _alert_test, "Send one test alert by the real route to a receiver.")
    test.add_argument("receiver", metavar="RECEIVER", help="a name of alerting.receivers")
    load = command("load", _load, "Traffic on the sample platform, and scenarios that raise alerts.")
    load.add_argument("more", nargs="*", metavar="-- OPTION", help="the load generator's own, see `load -- --help`")
    return parser


# Rendering


def _generate(options: argparse.Namespace) -> int:
    from generator import writer  # noqa: PLC0415 - each command imports what it needs: a fast start is a feature

    planned = _planned(options)
    if planned.conflicts:
        return _refused(planned)
    try:
        done = writer.apply(planned)
    except writer.WriterError as error:
        raise _Bad(str(error)) from None
    for change in done:
        print(f"{change.action.value:8}{change.path}")
    print(f"{len(done)} of {len(planned.changes)} files changed in {planned.root}" if done else "nothing to change")
    return OK


def _planned(options: argparse.Namespace) -> Any:
    from generator import pipeline, writer  # noqa: PLC0415
    from generator.needs import needs  # noqa: PLC0415

    resolved = pipeline.read(_spec(options), options.target)
    _problems(resolved.warnings, options)
    options.needed = needs(resolved.stack)
    try:
        return writer.plan(pipeline.render(resolved.stack), _root(options))
    except writer.WriterError as error:
        raise _Bad(str(error)) from None


def _refused(planned: Any) -> int:
    for change in planned.conflicts:
        _say_error(f"{change.path}: {change.reason}; nothing was written")
    _say_error("move your edits into spec.yaml or docker-compose.override.yml, then delete the file and run again")
    return FOUND


def _diff(options: argparse.Namespace) -> int:
    planned = _planned(options)
    for change in planned.pending:
        before = (change.before or "").splitlines(keepends=True)
        after = (change.content or "").splitlines(keepends=True)
        sys.stdout.writelines(difflib.unified_diff(before, after, f"a/{change.path}", f"b/{change.path}"))
    return FOUND if planned.pending else OK


def _check(options: argparse.Namespace) -> int:
    from generator.checkers import Verdict  # noqa: PLC0415

    planned = _planned(options)
    for change in planned.pending:
        print(f"drift       {change.path} ({change.action.value}); run `make generate`")
    verdicts = set()
    for checked in _checked(planned, options):
        print(f"{checked.verdict.value:12}{checked.what}{f': {checked.detail}' if checked.detail else ''}")
        verdicts.add(checked.verdict)
    return FOUND if planned.pending or Verdict.REFUSED in verdicts else OK


def _checked(planned: Any, options: argparse.Namespace, *, unit_tests: bool = True) -> Iterator[Any]:
    """What every checker of this machine says of the tree that is planned."""
    from generator.checkers import check_tree  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        _render_into(planned, Path(folder))
        yield from check_tree(Path(folder), _root(options) / ".run", unit_tests=unit_tests, needed=options.needed)


def _render_into(planned: Any, folder: Path) -> None:
    for change in planned.changes:
        if change.content is not None:
            path = folder / change.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(change.content, encoding="utf-8")


def _schema(_options: argparse.Namespace) -> int:
    from generator.render import to_json  # noqa: PLC0415
    from generator.schema import schema  # noqa: PLC0415

    print(to_json(schema()), end="")
    return OK


def _explain(options: argparse.Namespace) -> int:
    from generator import explain, pipeline  # noqa: PLC0415

    stack = pipeline.read(_spec(options), options.target).stack
    try:
        if options.backtest:
            return _backtest(stack, options)
        for line in (explain.explain_fire if options.fire else explain.explain)(stack, options.alert):
            print(line)
    except KeyError as error:
        raise _Bad(str(error.args[0])) from None
    return OK


def _backtest(stack: Any, options: argparse.Namespace) -> int:
    from generator.runtime.backtest import HistoryProblem, Question, backtest, factors  # noqa: PLC0415

    if not 0 < options.days <= 3650:
        raise _Bad("--days lies between 0 and 3650")
    try:
        asked = Question(options.url, options.days, options.service, factors(options.factors))
    except ValueError as error:
        raise _Bad(f"--factors: {error}") from None
    try:
        for line in backtest(stack, options.alert, asked):
            print(line, flush=True)
    except HistoryProblem as error:
        _say_error(str(error))
        return FOUND
    return OK


def _init(options: argparse.Namespace) -> int:
    from generator import init  # noqa: PLC0415
    from generator.runtime.metrics_page import PageError, fetch  # noqa: PLC0415

    path = Path(options.spec)
    if options.url is None:
        service = {"name": "ml-api", "kind": "fastapi", "targets": ["ml-api:8000"]}
        return _first(path, options.name or "demo", service)
    try:
        page = fetch(options.url)
        proposal = init.propose(page.text, page.target, options.name or page.name, page.path)
    except (PageError, ValueError) as error:
        raise _Bad(f"{options.url}: {error}") from None
    for note in proposal.notes:
        _say_error(f"note: {note}")
    if path.exists():
        print(init.entry(proposal.service), end="")
        return OK
    return _first(path, "demo", proposal.service)


def _first(path: Path, name: str, service: dict[str, Any]) -> int:
    from generator import init, pipeline  # noqa: PLC0415

    text = init.first_spec(name, service)
    pipeline.read(text.encode(), "compose")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise _Bad(f"{path} exists; edit it, or name another file with --spec") from None
    except OSError as error:
        raise _Bad(f"cannot write {path}: {error.strerror}") from None
    print(f"wrote {path}; `make generate` renders it")
    return OK


# Running


def _project(options: argparse.Namespace) -> Any:
    from generator.runtime import Project  # noqa: PLC0415

    return Project(_root(options).resolve(), _spec(options), options.spec)


def _running(options: argparse.Namespace, act: Callable[[Any], Any]) -> int:
    """Runs a command on the stack and prints its table."""
    from generator import writer  # noqa: PLC0415
    from generator.runtime import RuntimeProblem, lines  # noqa: PLC0415

    try:
        report = act(_project(options))
    except RuntimeProblem as error:
        _say_error(str(error))
        return FOUND
    except writer.WriterError as error:
        raise _Bad(str(error)) from None
    for line in lines(report):
        print(line)
    return OK if report.ok else FOUND


def _up(options: argparse.Namespace) -> int:
    from generator import runtime  # noqa: PLC0415

    planned = _planned(options)
    if planned.conflicts:
        return _refused(planned)
    checked = _checked(planned, options, unit_tests=False) if planned.pending else ()
    if refused := [each for each in checked if each.verdict is each.verdict.REFUSED]:
        for each in refused:
            _say_error(f"{each.what}: {each.detail}")
        _say_error("nothing was written, and what runs goes on with its configuration")
        return FOUND
    if _generate(options) != OK:
        return FOUND
    return _running(options, lambda project: runtime.up(project, options.runtime, _progress))


def _down(options: argparse.Namespace) -> int:
    from generator import runtime  # noqa: PLC0415

    return _running(options, lambda project: runtime.down(project, _progress, delete_data=options.delete_data))


def _status(options: argparse.Namespace) -> int:
    from generator import runtime  # noqa: PLC0415

    return _running(options, lambda project: runtime.recorded(project).status())


def _logs(options: argparse.Namespace) -> int:
    from generator import runtime  # noqa: PLC0415

    try:
        chosen = runtime.recorded(_project(options))
        for line in chosen.logs(tuple(options.components), options.lines, options.follow):
            print(line, flush=options.follow)
    except runtime.RuntimeProblem as error:
        _say_error(str(error))
        return FOUND
    return OK


def _load(options: argparse.Namespace) -> int:
    from generator.runtime import RuntimeProblem  # noqa: PLC0415
    from generator.runtime.traffic import load  # noqa: PLC0415

    project = _project(options)
    try:
        found = load(project, project.stack(options.target), options.more)
    except RuntimeProblem as error:
        raise _Bad(str(error)) from None
    os.execve(found.command[0], found.command, os.environ | found.environment)  # noqa: S606 - our own module


def _alert_test(options: argparse.Namespace) -> int:
    from generator.runtime import RuntimeProblem, alert_test  # noqa: PLC0415

    stack = _project(options).stack(options.target)
    try:
        receiver = alert_test.find(stack, options.receiver)
    except KeyError as error:
        raise _Bad(str(error.args[0])) from None
    try:
        outcomes = alert_test.send(stack, receiver, _progress)
    except RuntimeProblem as error:
        _say_error(str(error))
        return FOUND
    for outcome in outcomes:
        print(outcome)
    return OK if all(outcome.delivered for outcome in outcomes) else FOUND


def _tools(options: argparse.Namespace) -> int:
    from generator.runtime.binaries import TOOLS, Sources, provide  # noqa: PLC0415

    found = provide(TOOLS, Sources.here(_root(options) / ".run"), _progress)
    for missing in found.missing:
        _say_error(f"missing {missing.name}: {'; '.join(missing.tried)}")
    return OK


# Input and output


def _spec(options: argparse.Namespace) -> bytes:
    """The spec's bytes; reads a little more than is allowed, so that a huge file is refused and not loaded."""
    try:
        with Path(options.spec).open("rb") as file:
            return file.read(MAX_READ)
    except OSError as error:
        hint = "; `python -m generator init` writes a first one" if isinstance(error, FileNotFoundError) else ""
        raise _Bad(f"cannot read {options.spec}: {error.strerror}{hint}") from None


def _root(options: argparse.Namespace) -> Path:
    return Path(options.out) if options.out else Path(options.spec).parent


def _problems(problems: tuple[Problem, ...], options: argparse.Namespace) -> None:
    for problem in problems:
        _say_error(problem.text(options.spec))


def _progress(text: str) -> None:
    print(text, flush=True)


def _say_error(text: str) -> None:
    print(text, file=sys.stderr)
