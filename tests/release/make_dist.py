"""Builds the distribution, checks it, and tries it in clean environments: ``make dist``.

Every check is one that a publisher would do by hand; the first that fails ends it. Environments are made with
each Python from 3.11 on that is on the path or in ``.pythons``, without and with each extra.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
DIST = ROOT / "dist"
BIN = Path(sys.executable).parent
VERSIONS = range(11, 20)
EXTRAS = ("", "[reporter]", "[arrow]")
# What people need to build and test it elsewhere.
IN_SOURCE = (
    "README.md", "CHANGELOG.md", "LICENSE", "CONTRIBUTING.md", "Makefile", "constraints.txt",
    "docs/conf.py", "docs/index.md", "docs/pictures/show.svg", "deploy/chart/Chart.yaml", "deploy/Dockerfile",
    "tests/birdstatus/test_golden.py", "tests/fixtures/1.6.8/mesh-v4/show_status.raw", "benchmarks/run.py",
)  # fmt: skip
SMOKE = """\
import sys
import birdstatus
from birdstatus import parse_routes
assert birdstatus.__version__ == {version!r}
(route,) = parse_routes("1007-10.0.0.0/8 dev eth0 [direct1 18:44:03] * (240)\\n0000 \\n")
assert route.prefix == "10.0.0.0/8"
for name in birdstatus.__all__:
    getattr(birdstatus, name)
for name in ("kubernetes", "urllib3", "requests", "pyarrow", "asyncio", "http"):
    assert name not in sys.modules, name
"""
# All that the library alone brings: nothing that talks to a network.
BROUGHT = {
    "annotated-types", "birdstatus", "pip", "pydantic", "pydantic-core", "pyparsing", "pyyaml", "setuptools",
    "shtab", "typing-extensions", "typing-inspection", "zstandard",
}  # fmt: skip


def main() -> int:
    """All of it; the exit code."""
    shutil.rmtree(DIST, ignore_errors=True)
    # The time of the last commit: what is built of it is the same on every machine and day.
    epoch = _printed("git", "log", "-1", "--format=%ct")
    first, second = (_built(epoch, folder) for folder in (DIST, DIST / "again"))
    assert first == second, f"two builds differ: {first} {second}"
    shutil.rmtree(DIST / "again")
    (source,), (wheel,) = DIST.glob("*.tar.gz"), DIST.glob("*.whl")
    _say("checking what is in them")
    _source_is_whole(source)
    _run(BIN / "twine", "check", "--strict", source, wheel)
    _run(BIN / "check-wheel-contents", wheel)
    version = wheel.name.split("-")[1]
    for python in _pythons():
        for extra in EXTRAS:
            _try(python, f"{wheel}{extra}", version, extra)
    for root in sorted((ROOT / ".pythons").glob("3.*")):
        for extra in EXTRAS:
            _try_inside(root, f"{wheel}{extra}", version)
    _bill_of_materials(wheel)
    _say(f"{source.name} and {wheel.name} are ready")
    return 0


def _built(epoch: str, folder: Path) -> dict[str, str]:
    """Build both, the wheel from the source distribution; their digests by name."""
    _say(f"building into {folder.relative_to(ROOT)}")
    environment = {**os.environ, "SOURCE_DATE_EPOCH": epoch}
    _run(
        sys.executable,
        "-m",
        "build",
        "--no-isolation",
        "--outdir",
        folder,
        ROOT,
        environment=environment,
    )
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.glob("birdstatus-*")
    }


def _source_is_whole(source: Path) -> None:
    with tarfile.open(source) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    missing = [name for name in IN_SOURCE if name not in names]
    assert not missing, f"not in {source.name}: {missing}"


def _pythons() -> Iterator[str]:
    """Those on the path that run: what a version manager puts there may be a stand-in for none."""
    for minor in VERSIONS:
        python = shutil.which(f"python3.{minor}")
        if (
            python
            and subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0
        ):
            yield python


def _try(python: str, what: str, version: str, extra: str) -> None:
    """Install it into an empty environment, and use it."""
    _say(f"trying it with {Path(python).name} {extra}")
    with tempfile.TemporaryDirectory() as folder:
        _run(python, "-m", "venv", folder)
        pip = [Path(folder, "bin", "python"), "-m", "pip", "--quiet", "--disable-pip-version-check"]
        _run(*pip, "install", "--constraint", ROOT / "constraints.txt", what)
        own = Path(folder, "bin")
        _run(own / "python", "-W", "error", "-c", SMOKE.format(version=version), cwd=folder)
        assert _printed(own / "birdstatus", "--version") == f"birdstatus {version}"
        if not extra:
            listed = (
                _printed(*pip, "list", "--format=freeze").lower().replace("_", "-").splitlines()
            )
            brought = {line.partition("==")[0].partition(" @ ")[0] for line in listed}
            assert brought <= BROUGHT, brought - BROUGHT
        if extra == "[reporter]":
            assert "routes: 11 FIB" in _printed(own / "birdstatus-reporter", "demo", "-o", "table")
        else:
            done = subprocess.run(
                [own / "birdstatus-reporter", "demo"], capture_output=True, text=True, check=False
            )
            assert (done.returncode, "pip install 'birdstatus[reporter]'" in done.stderr) == (
                2,
                True,
            )
        if extra == "[arrow]":
            _run(
                own / "python",
                "-c",
                "from birdstatus.arrow import SCHEMA; assert SCHEMA",
                cwd=folder,
            )


def _try_inside(root: Path, what: str, version: str) -> None:
    """Use it with a Python that `tests/release/pythons` unpacked: installed from here, run by chroot."""
    _say(f"trying it with python{root.name} {what.partition('.whl')[2]}")
    site = root / "opt" / "site"
    shutil.rmtree(site, ignore_errors=True)
    _run(
        sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "install", "--target", site,
        "--python-version", root.name, "--only-binary=:all:", "--constraint", ROOT / "constraints.txt", what,
    )  # fmt: skip
    used = SMOKE.format(version=version)
    if what.endswith("[reporter]"):
        used += "from reporter.cli import main\nassert main(['demo', '-o', 'table']) == 0\n"
    if what.endswith("[arrow]"):
        used += "from birdstatus.arrow import SCHEMA\nassert SCHEMA\n"
    inside = {"PATH": "/usr/bin", "HOME": "/tmp", "PYTHONPATH": "/opt/site"}
    python = f"/usr/bin/python{root.name}"
    _run(shutil.which("chroot"), root, python, "-W", "error", "-c", used, environment=inside)


def _bill_of_materials(wheel: Path) -> None:
    """What the image would hold beside Python: names, versions and licences, as CycloneDX."""
    _say("listing components")
    with tempfile.TemporaryDirectory() as folder:
        _run(sys.executable, "-m", "venv", folder)
        python = Path(folder, "bin", "python")
        _run(
            python, "-m", "pip", "--quiet", "--disable-pip-version-check", "install",
            "--constraint", ROOT / "constraints.txt", f"{wheel}[reporter]",
        )  # fmt: skip
        _run(
            BIN / "cyclonedx-py", "environment", "--output-reproducible",
            "--pyproject", ROOT / "pyproject.toml", "--output-file", DIST / "birdstatus.cdx.json", python,
        )  # fmt: skip


def _say(text: str) -> None:
    print(f"dist: {text}", flush=True)


def _run(*command: object, cwd: object = None, environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(
        list(map(str, command)), cwd=cwd if cwd is None else str(cwd), env=environment,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"dist: {' '.join(map(str, command))}\n{done.stdout}")


def _printed(*command: object) -> str:
    done = subprocess.run(
        list(map(str, command)), cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
