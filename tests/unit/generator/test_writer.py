"""What is on disk after `generate`: the old tree or the new one, never half of it, and never a person's edit lost."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from generator import writer
from generator.bundle import Artifact, Bundle
from generator.names import MANIFEST
from generator.writer import Action, WriterError

Files = dict[str, str]
OLD: Files = {"prometheus/a.yml": "a\n", "prometheus/rules/gone.yml": "gone\n", "grafana/dashboards/x.json": "{}\n"}
NEW: Files = {"prometheus/a.yml": "changed\n", "alertmanager/new.yml": "new\n", "grafana/dashboards/x.json": "{}\n"}
KILLED = -signal.SIGKILL
NOBODY = 65534


def bundle(files: Files) -> Bundle:
    return Bundle.of(Artifact(path, text) for path, text in files.items())


def write(root: Path, files: Files) -> list[tuple[str, Action]]:
    return [(change.path, change.action) for change in writer.apply(writer.plan(bundle(files), root))]


def tree(root: Path) -> Files:
    """Every file but the manifest."""
    paths = (path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_text() for path in paths if path.name != MANIFEST}


def empty(root: Path) -> list[Path]:
    """Folders that hold nothing: what no tree of the generator's has."""
    return [path for path in root.rglob("*") if path.is_dir() and not [*path.iterdir()]]


def killed(root: Path, files: Files, deadly: int, *user: str) -> subprocess.CompletedProcess[str]:
    helper = "tests.unit.generator.killed_writer"
    command = [sys.executable, "-m", helper, str(root), json.dumps(files), str(deadly), *user]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("before", "after"), [({}, OLD), (OLD, NEW), (OLD, {})], ids=["create", "update", "delete"])
def test_killed_at_any_step_leaves_one_tree_or_the_other(before: Files, after: Files, tmp_path: Path) -> None:
    """SIGKILL before the n-th change of the file system, for every n; the next command finds one of the two whole."""
    steps, seen = 0, set()
    while True:
        steps += 1
        root = tmp_path / str(steps)
        root.mkdir()
        write(root, before)
        (root / "mine.txt").write_text("a person's own")
        ended = killed(root, after, steps)
        if ended.returncode == KILLED:
            killed(root, after, 1 + steps % 7)  # the one that repairs is killed as well
        writer.plan(bundle(before), root)  # the next command, whatever it wants, first tidies up
        found = tree(root)
        assert found.pop("mine.txt") == "a person's own"
        assert found in (before, after), f"killed at step {steps}"
        assert not (root / writer.STAGING).exists()
        assert empty(root) == [], f"killed at step {steps}"
        if ended.returncode == 0:
            assert found == after
            break
        assert ended.returncode == KILLED, ended.stderr
        seen.add(found == after)
        write(root, after)
        assert {k: v for k, v in tree(root).items() if k != "mine.txt"} == after

    assert steps > 6, "the hook saw too little"
    assert seen == {True, False}, "some kills came before the journal and some after"


def test_writing_twice_touches_nothing(tmp_path: Path) -> None:
    """Not a time stamp, not an inode."""
    write(tmp_path, OLD)
    before = {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in tmp_path.rglob("*")}

    assert write(tmp_path, OLD) == []
    assert {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in tmp_path.rglob("*")} == before


def test_only_what_changed_is_touched(tmp_path: Path) -> None:
    """The unchanged file keeps its inode; what is stale goes, with its empty folder."""
    write(tmp_path, OLD)
    inode = (tmp_path / "grafana/dashboards/x.json").stat().st_ino

    assert write(tmp_path, NEW) == [
        ("alertmanager/new.yml", Action.CREATE),
        ("prometheus/a.yml", Action.UPDATE),
        ("prometheus/rules/gone.yml", Action.DELETE),
    ]
    assert (tmp_path / "grafana/dashboards/x.json").stat().st_ino == inode
    assert not (tmp_path / "prometheus/rules").exists()


@pytest.mark.parametrize("path", ["prometheus/a.yml", "prometheus/rules/gone.yml"], ids=["to change", "to delete"])
def test_an_edited_file_stops_everything(path: str, tmp_path: Path) -> None:
    """What a person changed is neither overwritten nor deleted, and nothing else is written either."""
    write(tmp_path, OLD)
    (tmp_path / path).write_text("edited by hand\n")
    before = tree(tmp_path)
    planned = writer.plan(bundle(NEW), tmp_path)

    assert [change.path for change in planned.conflicts] == [path]
    with pytest.raises(WriterError, match="edited by hand; nothing was written"):
        writer.apply(planned)
    assert tree(tmp_path) == before


def test_a_file_of_somebody_else_is_not_taken(tmp_path: Path) -> None:
    """A file that stood there before the first `generate`."""
    (tmp_path / "prometheus").mkdir()
    (tmp_path / "prometheus/a.yml").write_text("mine\n")

    assert [c.reason for c in writer.plan(bundle(OLD), tmp_path).conflicts] == [
        "exists and was not written by the generator"
    ]


def test_a_link_out_of_the_tree_is_refused(tmp_path: Path) -> None:
    """Nothing is written where a link leads."""
    outside, root = tmp_path / "outside", tmp_path / "root"
    outside.mkdir()
    root.mkdir()
    (root / "prometheus").symlink_to(outside)

    with pytest.raises(WriterError, match="leads out of"):
        writer.plan(bundle(OLD), root)
    assert [*outside.iterdir()] == []


@pytest.mark.parametrize("target", ["other.txt", "nothing.txt"], ids=["to a file", "to nothing"])
@pytest.mark.parametrize("path", ["prometheus/a.yml", "prometheus/rules/gone.yml"], ids=["to change", "to delete"])
def test_a_link_in_the_place_of_a_file_stops_everything(path: str, target: str, tmp_path: Path) -> None:
    """The link and what it leads to stay as they are."""
    write(tmp_path, OLD)
    (tmp_path / "other.txt").write_text("mine\n")
    (tmp_path / path).unlink()
    (tmp_path / path).symlink_to(tmp_path / target)
    planned = writer.plan(bundle(NEW), tmp_path)

    assert [(change.path, change.reason) for change in planned.conflicts] == [
        (path, "is a link, which the generator would replace")
    ]
    with pytest.raises(WriterError, match="nothing was written"):
        writer.apply(planned)
    assert (tmp_path / path).readlink() == tmp_path / target
    assert (tmp_path / "other.txt").read_text() == "mine\n"


def test_a_link_in_the_place_of_the_staging_folder_is_refused(tmp_path: Path) -> None:
    """Nothing is staged where it leads, and nothing there is deleted."""
    outside, root = tmp_path / "outside", tmp_path / "root"
    for folder in (outside, root):
        folder.mkdir()
    (outside / "mine.txt").write_text("mine\n")
    (root / writer.STAGING).symlink_to(outside)

    with pytest.raises(WriterError, match="is a link, and the generator would write through it"):
        write(root, OLD)
    assert tree(outside) == {"mine.txt": "mine\n"}


def test_a_link_to_itself_is_refused(tmp_path: Path) -> None:
    """A message, no traceback."""
    (tmp_path / "prometheus").symlink_to(tmp_path / "prometheus")

    with pytest.raises(WriterError, match="replace the link by a folder"):
        write(tmp_path, OLD)


def test_a_damaged_manifest_is_named(tmp_path: Path) -> None:
    """With what to do about it."""
    write(tmp_path, OLD)
    (tmp_path / MANIFEST).write_text("{")

    with pytest.raises(WriterError, match=r"\.generated\.json is damaged; restore it"):
        writer.plan(bundle(NEW), tmp_path)


def test_a_full_disk_leaves_the_old_tree(tmp_path: Path) -> None:
    """A file that cannot be written whole: a message, the old files, nothing half."""
    write(tmp_path, OLD)
    big = {**NEW, "prometheus/a.yml": "x" * 100_000}
    code = f"""
import json, resource, signal, sys
from pathlib import Path
from generator import writer
from generator.bundle import Artifact, Bundle
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, {resource.RLIM_INFINITY}))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
files = json.loads(sys.argv[2])
try:
    writer.apply(writer.plan(Bundle.of(Artifact(p, t) for p, t in files.items()), Path(sys.argv[1])))
except writer.WriterError as error:
    sys.exit(str(error))
"""
    ended = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path), json.dumps(big)], capture_output=True, text=True, check=False
    )

    assert ended.returncode == 1
    assert ended.stderr.startswith("cannot write")
    assert "Traceback" not in ended.stderr
    assert tree(tmp_path) == OLD
    assert not (tmp_path / writer.STAGING).exists()


@pytest.mark.parametrize("closed", [".", "prometheus", "prometheus/rules"])
def test_a_folder_that_may_not_be_written_is_named(closed: str) -> None:
    """A message, and the old tree, not a half of each: whichever of the folders it is."""
    with tempfile.TemporaryDirectory() as folder:  # pytest's own folders are closed to the user that root becomes
        root = Path(folder)
        write(root, OLD)
        nobody = [str(NOBODY)] if os.geteuid() == 0 else []
        for path in (root, *root.rglob("*")) if nobody else ():
            os.chown(path, NOBODY, NOBODY)
        (root / closed).chmod(0o500)
        ended = killed(root, NEW, 0, *nobody)
        (root / closed).chmod(0o700)

        assert ended.stderr.startswith(f"cannot write {root}/"), ended.stderr
        assert "Permission denied" in ended.stderr
        assert tree(root) == OLD


def test_an_edit_after_the_plan_is_not_lost(tmp_path: Path) -> None:
    """Somebody saves a file while `generate` is at work."""
    write(tmp_path, OLD)
    planned = writer.plan(bundle(NEW), tmp_path)
    (tmp_path / "prometheus/a.yml").write_text("edited by hand\n")
    before = tree(tmp_path)

    with pytest.raises(WriterError, match="edited by hand; nothing was written"):
        writer.apply(planned)
    assert tree(tmp_path) == before


def test_a_person_s_file_stays_where_everything_else_goes(tmp_path: Path) -> None:
    """Also in a folder that the generator made."""
    write(tmp_path, OLD)
    (tmp_path / "prometheus/rules/mine.yml").write_text("mine\n")
    write(tmp_path, {})

    assert tree(tmp_path) == {"prometheus/rules/mine.yml": "mine\n"}
    assert not (tmp_path / "grafana").exists()


def test_a_plan_that_another_command_overtook_is_refused(tmp_path: Path) -> None:
    """It was made for a tree that is no longer there."""
    write(tmp_path, OLD)
    late = writer.plan(bundle({**OLD, "prometheus/late.yml": "late\n"}), tmp_path)
    write(tmp_path, NEW)

    with pytest.raises(WriterError, match="another command has just written"):
        writer.apply(late)
    assert tree(tmp_path) == NEW


def test_commands_at_once_take_turns(tmp_path: Path) -> None:
    """Many at the same time leave one whole tree, and each ends with success or with a message."""
    write(tmp_path, OLD)
    told: list[str] = []

    def work(files: Files) -> None:
        try:
            write(tmp_path, files)
        except WriterError as error:
            told.append(str(error))

    threads = [threading.Thread(target=work, args=(files,)) for files in (NEW, OLD, {}) * 8]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert tree(tmp_path) in (OLD, NEW, {})
    assert [text for text in told if "another command has just written" not in text] == []
