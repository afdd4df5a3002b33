"""Where binaries are looked for, in which order, and what is said of those that cannot be had."""

from __future__ import annotations

import hashlib
import tarfile
from pathlib import Path

import pytest

from generator.runtime import releases
from generator.runtime.binaries import Sources, provide
from generator.runtime.releases import Release, ReleaseError


def program(path: Path, version: str = "1.2.3", status: int = 0) -> Path:
    """A program that tells a version as the servers do."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!/bin/sh\necho "{path.name}, version {version} (branch: x)" >&2\nexit {status}\n')
    path.chmod(0o755)
    return path


def sources(
    folder: Path, bin_dir: str | None = None, archives: tuple[Release, ...] = (), unpacked: Path | None = None
) -> Sources:
    """Only what a test puts there; no packages."""
    return Sources(unpacked or folder / "packages", bin_dir, str(folder / "path"), packages=False, releases=archives)


def silent(_text: str) -> None:
    """Nobody listens."""


def test_the_users_folder_comes_before_path(tmp_path: Path) -> None:
    """STACK_BIN_DIR is what a user names on purpose."""
    program(tmp_path / "path/prometheus", "2.0.0")
    program(tmp_path / "own/prometheus", "3.0.0")

    assert (
        provide(("prometheus",), sources(tmp_path, bin_dir=str(tmp_path / "own")), silent).found[0].version == "3.0.0"
    )
    assert provide(("prometheus",), sources(tmp_path), silent).found[0].version == "2.0.0"


def test_debian_names_are_known(tmp_path: Path) -> None:
    """Debian installs alertmanager as prometheus-alertmanager."""
    program(tmp_path / "path/prometheus-alertmanager")

    (found,) = provide(("alertmanager",), sources(tmp_path), silent).found
    assert (found.name, found.version, found.origin) == ("alertmanager", "1.2.3", "PATH")


def test_a_program_that_does_not_run_is_passed_over(tmp_path: Path) -> None:
    """The next place counts, and what failed is told."""
    program(tmp_path / "own/prometheus", status=1)
    here = sources(tmp_path, bin_dir=str(tmp_path / "own"))
    (missing,) = provide(("prometheus",), here, silent).missing

    assert any("does not run" in line for line in missing.tried)
    program(tmp_path / "path/prometheus")
    assert provide(("prometheus",), here, silent).found[0].origin == "PATH"


def archive(folder: Path, name: str, members: dict[str, str]) -> tuple[str, str]:
    """A release archive on disk: its URL and its checksum."""
    path = folder / name
    with tarfile.open(path, "w:gz") as tar:
        for member, target in members.items():
            source = program(folder / "made" / member.rsplit("/", 1)[-1])
            info = tar.gettarinfo(str(source), member)
            if target:
                info.type, info.linkname, info.size = tarfile.SYMTYPE, target, 0
                tar.addfile(info)
            else:
                with source.open("rb") as file:
                    tar.addfile(info, file)
    return path.as_uri(), hashlib.sha256(path.read_bytes()).hexdigest()


def test_an_archive_is_used_when_its_checksum_is_right(tmp_path: Path) -> None:
    """And never unpacked when it is not."""
    url, digest = archive(tmp_path, "thing-1.tar.gz", {"thing-1/prometheus": ""})
    good = Release("thing", "1", url, digest, (("prometheus", "prometheus"),))
    bad = Release("thing", "1", url, "0" * 64, (("prometheus", "prometheus"),))

    with pytest.raises(ReleaseError, match="refused, its sha256 is"):
        releases.fetch(bad, tmp_path / "state", silent)
    assert not list((tmp_path / "state").rglob("prometheus"))
    assert releases.fetch(good, tmp_path / "state", silent)["prometheus"].is_file()
    assert provide(("prometheus",), sources(tmp_path, unpacked=tmp_path / "state", archives=(good,)), silent).found


def test_an_archive_cannot_write_elsewhere(tmp_path: Path) -> None:
    """A member that climbs out of the folder, or a link that leads out, is not followed."""
    for number, members in enumerate(({"thing-1/../../evil": ""}, {"thing-1/prometheus": "/etc/passwd"})):
        url, digest = archive(tmp_path, f"thing-{number}.tar.gz", members)
        release = Release("thing", str(number), url, digest, (("prometheus", "prometheus"),))
        try:
            paths = releases.fetch(release, tmp_path / "state", silent)
        except ReleaseError:
            paths = {}
        assert not (tmp_path / "evil").exists()
        assert all(path.resolve().is_relative_to(tmp_path) for path in paths.values())


def test_an_unreachable_archive_is_one_line(tmp_path: Path) -> None:
    """With the address that was asked."""
    release = Release("thing", "1", "http://127.0.0.1:9/thing.tar.gz", "0" * 64, (("prometheus", "prometheus"),))
    (missing,) = provide(("prometheus",), sources(tmp_path, archives=(release,)), silent).missing

    assert any("http://127.0.0.1:9/thing.tar.gz" in line and "\n" not in line for line in missing.tried)


def test_every_pinned_archive_has_a_whole_checksum() -> None:
    """For both architectures, over https, with the version in the address."""
    pinned = [release for arch in ("amd64", "arm64") for release in releases.releases(arch)]

    assert {release.name for release in pinned} >= {
        "prometheus",
        "alertmanager",
        "node_exporter",
        "blackbox_exporter",
        "grafana",
    }
    for release in pinned:
        assert len(release.sha256) == 64
        int(release.sha256, 16)
        assert release.url.startswith("https://")
        assert release.version in release.url
