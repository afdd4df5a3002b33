"""Which runtime a command is for: the one that runs, else the one that was asked for, else Docker if it answers."""

from __future__ import annotations

from dataclasses import replace

from generator.problems import SpecError
from generator.runtime import files
from generator.runtime.base import Project, Report, Runtime, RuntimeName, RuntimeProblem, Say
from generator.runtime.docker import Docker, engine
from generator.runtime.native import Native

MARK = "runtime"


def choose(project: Project, wanted: RuntimeName | None, say: Say) -> Runtime:
    """The runtime for `up`; refuses a second one beside one that runs."""
    current = running(project)
    if current is not None:
        if wanted not in (None, current.name):
            raise RuntimeProblem(f"the stack already runs with {current.name}", "run `make down` first")
        return current
    if wanted == "native":
        return Native.of(project)
    reason = engine()
    if not reason:
        return Docker(project)
    if wanted == "docker":
        raise RuntimeProblem(reason, "start the engine, or take RUNTIME=native")
    say(f"{reason}: starting the stack as processes of this host")
    return Native.of(project)


def up(project: Project, wanted: RuntimeName | None, say: Say, timeout: float = 180.0) -> Report:
    """Starts the stack, and remembers with which runtime."""
    runtime = choose(project, wanted, say)
    before = _mark(project)
    files.write(project.state / MARK, f"{runtime.name}\n")
    try:
        return runtime.up(say, timeout)
    except (RuntimeProblem, SpecError):
        if not _runs(runtime):
            files.write(project.state / MARK, f"{before}\n")
        raise


def down(project: Project, say: Say, *, delete_data: bool = False) -> Report:
    """Stops the stack, whichever runtime it runs with. Its data is deleted in every runtime that it ever ran with."""
    last = recorded(project)
    report = last.down(say, delete_data=delete_data)
    other: Runtime = Native.of(project) if last.name == "docker" else Docker(project)
    if not (delete_data and other.known()):
        return report
    more = other.down(say, delete_data=True)
    return replace(report, problems=(*report.problems, *more.problems), notes=(*report.notes, *more.notes))


def recorded(project: Project) -> Runtime:
    """The runtime of the last `up`; the native one, which then has nothing to show, before the first."""
    return Docker(project) if _mark(project) == "docker" else Native.of(project)


def running(project: Project) -> Runtime | None:
    """The runtime of the last `up`, if anything of the stack still runs."""
    runtime = recorded(project)
    return runtime if _runs(runtime) else None


def _runs(runtime: Runtime) -> bool:
    try:
        return runtime.running()
    except RuntimeProblem:
        return False


def _mark(project: Project) -> str:
    try:
        return (project.state / MARK).read_text(encoding="utf-8").strip()
    except OSError:
        return ""
