"""The official release archives: pinned by version and checksum, checked before anything is unpacked.

Each checksum is the one that the project publishes beside the archive, and was found to be the same in at least two
independent public places. A platform without such a checksum is left out, and then simply has no archive here.
"""

from __future__ import annotations

import hashlib
import http.client
import platform
import shutil
import tarfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from generator.runtime.base import Say

CHUNK = 1 << 20
MAX_UNPACKED = 2 << 30
_ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


class ReleaseError(Exception):
    """An archive cannot be had or used; the message is one line."""


@dataclass(frozen=True, slots=True)
class Release:
    """One archive and the programs in it, by their paths below its only folder."""

    name: str
    version: str
    url: str
    sha256: str
    programs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Pinned:
    project: str
    version: str
    sha256: tuple[tuple[str, str], ...]
    programs: tuple[str, ...]


_PINNED = (
    _Pinned(
        "prometheus",
        "3.14.0",
        (
            ("amd64", "f665c6da19eb7ba399c915d30c7d9793c9b417bf8a749b504bc470678631478d"),
            ("arm64", "077f3781ab7245dc04c9a3c9b78ba120fc8e41aa0dc97489b0af67247e50ba83"),
        ),
        ("prometheus", "promtool"),
    ),
    _Pinned(
        "alertmanager",
        "0.34.0",
        (("amd64", "19c75a11d8c03dc4ade7abdbddfb3a8f28c9e7b000d0849cda0cd71dffd74a03"),),
        ("alertmanager", "amtool"),
    ),
    _Pinned(
        "node_exporter",
        "1.12.1",
        (
            ("amd64", "b51d8a76aa2a9156a55d501aca6276fae09e262259a5e4e831d2c2222f084e63"),
            ("arm64", "ad35b605f9954b9f1ffddf5ba054bdc5a98d790b9eae5291e1eeb83f1ecbd0e7"),
        ),
        ("node_exporter",),
    ),
    _Pinned(
        "blackbox_exporter",
        "0.28.0",
        (
            ("amd64", "caf5d242fb1cf6d5cb678f3f799f22703d4fafea26b03dcbbd7e1f1825e06329"),
            ("arm64", "63312be0983d85e5109710a7dc93df3051157ae581853fa3655d171cc1b2806e"),
        ),
        ("blackbox_exporter",),
    ),
)
_GRAFANA = Release(
    "grafana",
    "13.2.2",
    "https://dl.grafana.com/grafana/release/13.2.2/grafana_13.2.2_34846740809_linux_amd64.tar.gz",
    "9662c838a09824fdb072e5f6fbdd45b62cf541b20f3d609ea5011e6e5f544c8f",
    (("grafana", "bin/grafana"),),
)


def architecture() -> str:
    """This machine's architecture as the archives name it."""
    machine = platform.machine().lower()
    return _ARCHITECTURES.get(machine, machine)


def releases(arch: str, system: str = "linux") -> tuple[Release, ...]:
    """The archives for one platform."""
    if system != "linux":
        return ()
    found = [_release(p, arch, dict(p.sha256)[arch]) for p in _PINNED if arch in dict(p.sha256)]
    return (*found, _GRAFANA) if arch == "amd64" else tuple(found)


def _release(pinned: _Pinned, arch: str, sha256: str) -> Release:
    where = f"https://github.com/prometheus/{pinned.project}/releases/download/v{pinned.version}"
    archive = f"{pinned.project}-{pinned.version}.linux-{arch}.tar.gz"
    programs = tuple((name, name) for name in pinned.programs)
    return Release(pinned.project, pinned.version, f"{where}/{archive}", sha256, programs)


def unpacked(release: Release, folder: Path) -> dict[str, Path]:
    """The programs of a release that lie unpacked in `folder`, by name."""
    root = folder / f"{release.name}-{release.version}"
    return {name: path for name, below in release.programs if (path := root / below).is_file()}


def fetch(release: Release, folder: Path, say: Say, seconds: float = 600.0) -> dict[str, Path]:
    """Downloads, checks and unpacks a release; raises ReleaseError with the reason."""
    folder.mkdir(parents=True, exist_ok=True)
    archive, part = folder / f"{release.name}.tar.gz.part", folder / f".{release.name}.part"
    shutil.rmtree(part, ignore_errors=True)
    try:
        found = _download(release.url, archive, time.monotonic() + seconds, say)
        if found != release.sha256:
            raise ReleaseError(f"{release.url}: refused, its sha256 is {found}, not {release.sha256}")
        _unpack(archive, part)
        final = folder / f"{release.name}-{release.version}"
        shutil.rmtree(final, ignore_errors=True)
        part.rename(final)
    except (OSError, http.client.HTTPException, tarfile.TarError, EOFError) as error:
        raise ReleaseError(f"{release.url}: {getattr(error, 'reason', error)}") from error
    finally:
        archive.unlink(missing_ok=True)
        shutil.rmtree(part, ignore_errors=True)
    return unpacked(release, folder)


def _download(url: str, path: Path, deadline: float, say: Say) -> str:
    """Stores the answer and returns its sha256."""
    total = hashlib.sha256()
    with urllib.request.urlopen(url, timeout=5) as reply, path.open("wb") as file:  # noqa: S310 - a pinned address
        say(f"downloading {url} ({int(reply.headers.get('Content-Length') or 0) >> 20} MiB)")
        while chunk := reply.read(CHUNK):
            if time.monotonic() > deadline:
                raise ReleaseError(f"{url}: the download took too long")
            total.update(chunk)
            file.write(chunk)
    return total.hexdigest()


def _unpack(archive: Path, folder: Path) -> None:
    """Unpacks what lies in the archive's only folder. Links, devices and paths that lead out are never made."""
    size = 0
    with tarfile.open(archive, "r:gz") as tar:
        for member in tar:
            parts = PurePosixPath(member.name).parts
            if member.name.startswith("/") or ".." in parts:
                raise ReleaseError(f"refused: {member.name!r} leads out of the archive")
            size += member.size
            if size > MAX_UNPACKED:
                raise ReleaseError("refused: the archive is too large when unpacked")
            if member.isfile() and len(parts) > 1:
                _store(tar, member, folder.joinpath(*parts[1:]))


def _store(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    reader = tar.extractfile(member)
    if reader is None:
        raise ReleaseError(f"refused: {member.name!r} is no file")
    with path.open("wb") as file:
        shutil.copyfileobj(reader, file)
    path.chmod(0o755 if member.mode & 0o100 else 0o644)
