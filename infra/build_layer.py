"""Build the layer that all functions share: the package and its locked dependencies, for both processors of Lambda.

It needs no container, no compiler and no particular Python or processor: pip is told to fetch wheels for Lambda's
Python. An extension's file name tells its processor, so the wheels of both lie in one folder and the same layer serves
arm64 and x86_64.

Where a Python of Lambda's version is at hand, the layer has bytecode, too: /opt is read-only there, so without it each
cold start compiles all that it imports. Bytecode is of one version of Python; without that one the layer works all the
same, but starts slower.

Called by shared/Makefile in `sam build`: `python infra/build_layer.py FOLDER` fills FOLDER/python.
"""

from __future__ import annotations

import argparse
import filecmp
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "shared" / "replyclock"
LOCK = ROOT / "shared" / "requirements.lock"
ENGINE_LOCK = ROOT / "infra" / "engine" / "requirements.lock"
PYTHON_VERSION = "3.13"
PROCESSORS = ("aarch64", "x86_64")
ENGINE_LIMIT_MB = 90
LIMIT_MB = 60
"""Lambda unpacks 250 MB at most, and each of them makes a cold start slower."""

MAGIC = (3571).to_bytes(2, "little") + b"\r\n"
"""With which bytecode of PYTHON_VERSION begins. It is the same in all its releases."""
_UNCHECKED = (0b01).to_bytes(4, "little")
"""Flags of bytecode that is used without a look at its source, whose time is another one after it was unpacked."""

_LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", "*.pyi", "py.typed")
# The command is for people's machines: no function imports it, and what it draws tables with is not in the layer. The
# guides are what it prints.
_PACKAGE_LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", "py.typed", "cli", "guides")
# The same for every build, or equal layers would look different and be deployed again.
_MODIFIED = 1_577_836_800


class LayerError(Exception):
    """The layer cannot be built; the message says why."""


def build_engine(target: Path, processor: str) -> int:
    """Fill `target`/python with the engine of reports for one processor; return its size. Raises LayerError."""
    folder = target / "python"
    if folder.exists():
        raise LayerError(f"{folder} is there already")
    with tempfile.TemporaryDirectory() as scratch:
        wheels = Path(scratch) / processor
        _fetch(_pip(Path(scratch)), processor, wheels, ENGINE_LOCK)
        _tidy(wheels)
        merge(wheels, folder)
    return _finish(folder, ENGINE_LIMIT_MB)


def build(target: Path) -> int:
    """Fill `target`/python, which must not exist, and return its size in bytes. Raises LayerError."""
    folder = target / "python"
    if folder.exists():
        raise LayerError(f"{folder} is there already")
    with tempfile.TemporaryDirectory() as scratch:
        pip = _pip(Path(scratch))
        for processor in PROCESSORS:
            wheels = Path(scratch) / processor
            _fetch(pip, processor, wheels, LOCK)
            _tidy(wheels)
            merge(wheels, folder)
    shutil.copytree(PACKAGE, folder / "replyclock", ignore=_PACKAGE_LEFT_OUT)
    return _finish(folder, LIMIT_MB)


def _finish(folder: Path, limit: int) -> int:
    """Compile, give all files one time, and return their size in bytes. Raises LayerError."""
    python = find_python()
    if python is None:
        # On standard output, as SAM CLI shows nothing else of what succeeds.
        print(
            f"layer: WITHOUT BYTECODE, as no Python {PYTHON_VERSION} is at hand: each cold start takes longer, "
            f"a second or more; install python{PYTHON_VERSION}, or name it with PYTHON_OF_LAMBDA=..."
        )
    else:
        compile_sources(python, folder)
    for path in (folder, *folder.rglob("*")):
        os.utime(path, (_MODIFIED, _MODIFIED))
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    if size > limit * 1_000_000:
        raise LayerError(f"{size / 1e6:.1f} MB unzipped, the limit is {limit} MB")
    return size


def _pip(scratch: Path) -> list[str]:
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    # Debian's own Python comes without pip.
    venv.create(scratch / "venv", with_pip=True)
    return [str(scratch / "venv" / "bin" / "python"), "-m", "pip"]


def _fetch(pip: list[str], processor: str, wheels: Path, lock: Path) -> None:
    platforms = (f"--platform=manylinux2014_{processor}", f"--platform=manylinux_2_28_{processor}")
    options = (
        "--implementation=cp",
        f"--python-version={PYTHON_VERSION}",
        "--only-binary=:all:",
        "--no-deps",
        "--no-compile",
    )
    command = [*pip, "install", "--quiet", "--disable-pip-version-check", "--require-hashes", *platforms, *options]
    done = subprocess.run([*command, f"--target={wheels}", f"--requirement={lock}"], check=False)
    if done.returncode:
        raise LayerError(f"pip could not fetch the dependencies for {processor}")


def _tidy(wheels: Path) -> None:
    shutil.rmtree(wheels / "bin", ignore_errors=True)
    for described in wheels.glob("*.dist-info"):
        # What scanners of deployed code read stays; the rest tells of the installation, and differs by processor.
        for path in described.iterdir():
            if path.name != "METADATA":
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def merge(wheels: Path, folder: Path) -> None:
    """Add the wheels of one processor to the folder. Raises LayerError when a file is there with other contents."""
    for path in sorted(wheels.rglob("*")):
        place = folder / path.relative_to(wheels)
        if path.is_file() and place.exists() and not filecmp.cmp(path, place, shallow=False):
            raise LayerError(f"{path.relative_to(wheels)} is not the same on both processors, though its name is")
    shutil.copytree(wheels, folder, ignore=_LEFT_OUT, dirs_exist_ok=True)


def find_python() -> str | None:
    """The first Python of Lambda's version that runs: $PYTHON_OF_LAMBDA, this one, or that of the path."""
    asked = "import sys; print('%d.%d' % sys.version_info[:2], sys.executable)"
    # With the variable a shim of pyenv runs the version that it is called for, whatever the folder says.
    environment = {**os.environ, "PYENV_VERSION": PYTHON_VERSION}
    for candidate in (os.environ.get("PYTHON_OF_LAMBDA"), sys.executable, f"python{PYTHON_VERSION}"):
        program = shutil.which(candidate) if candidate else None
        if program is None:
            continue
        done = subprocess.run([program, "-c", asked], env=environment, capture_output=True, text=True, check=False)
        version, _, found = done.stdout.strip().partition(" ")
        if done.returncode == 0 and version == PYTHON_VERSION:
            return found
    return None


def compile_sources(python: str, folder: Path) -> None:
    """Put bytecode beside all sources, the same for the same sources. Raises LayerError when it is not Lambda's."""
    options = ["-q", "-f", "-j1", "-o0", "--invalidation-mode=unchecked-hash"]
    # As tracebacks show it, and not where it was built.
    places = [f"-s{folder}", "-p/opt/python"]
    # Sets are written in the order of their hashes.
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    command = [python, "-I", "-m", "compileall", *options, *places, str(folder)]
    if subprocess.run(command, env=environment, check=False).returncode:
        raise LayerError(f"{python} could not compile the layer")
    version = subprocess.run(
        [python, "-c", "import sys; print(sys.implementation.cache_tag)"], capture_output=True, text=True, check=True
    ).stdout.strip()
    for source in folder.rglob("*.py"):
        compiled = source.parent / "__pycache__" / f"{source.stem}.{version}.pyc"
        if not compiled.exists() or compiled.read_bytes()[:8] != MAGIC + _UNCHECKED:
            raise LayerError(f"{source.relative_to(folder)} has no bytecode of Python {PYTHON_VERSION}")


def main() -> int:
    """Build the layer as the command line says; 1 and one line on standard error when that fails."""
    parser = argparse.ArgumentParser(description="Build the layer that all functions share.")
    parser.add_argument("target", type=Path, help="folder in which the layer's python folder is made")
    parser.add_argument(
        "--engine", choices=PROCESSORS, help="the engine of reports for this processor, and nothing else"
    )
    given = parser.parse_args()
    try:
        size = build_engine(given.target, given.engine) if given.engine else build(given.target)
    except LayerError as error:
        print(f"build_layer: {error}", file=sys.stderr)
        return 1
    print(f"layer: {size / 1e6:.1f} MB unzipped, for {given.engine or ' and '.join(PROCESSORS)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
