"""Which runtime a command is for: the one that runs, else the one that was asked for, else Docker if it answers."""

from __future__ import annotations

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
    files.write(project.state / MARK, f"{runtime.name}\n")
    return runtime.up(say, timeout)


def down(project: Project, say: Say) -> Report:
    """Stops the stack, whichever runtime it runs with."""
    runtime = recorded(project)
    report = runtime.down(say)
    (project.state / MARK).unlink(missing_ok=True)
    return report


def recorded(project: Project) -> Runtime:
    """The runtime of the last `up`; the native one, which then has nothing to show, before the first."""
    try:
        name = (project.state / MARK).read_text(encoding="utf-8").strip()
    except OSError:
        name = ""
    return Docker(project) if name == "docker" else Native.of(project)


def running(project: Project) -> Runtime | None:
    """The runtime of the last `up`, if anything of the stack still runs."""
    if not (project.state / MARK).exists():
        return None
    runtime = recorded(project)
    try:
        return runtime if runtime.running() else None
    except RuntimeProblem:
        return None
