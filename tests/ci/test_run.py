"""What CI runs, and what it says when something cannot be had: `.ci/run` with stand-ins for what it calls."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.dashboard.seen import started

SCRIPT = Path(__file__).resolve().parents[2] / ".ci" / "run"
TOOLS = ("bash", "cat", "dirname", "grep", "timeout", "uname")
ALWAYS = ["check", "docs", "test", "test-page", "validate build", "test-deploy"]


class Machine:
    """A bare machine whose user may not install anything."""

    def __init__(self, home: Path) -> None:
        self.repository, self.programs = home / "repository", home / "bin"
        self.programs.mkdir()
        for name in TOOLS:
            (self.programs / name).symlink_to(shutil.which(name) or name)
        self.made = home / "made"
        self.made.touch()
        self.has("id", "echo 1000")
        self.has("make", f'[ "$*" = --version ] || echo "$*" >>{self.made}; [ "$*" != "${{FAILING:-}}" ]')
        for path in (".ci", "infra"):
            (self.repository / path).mkdir(parents=True)
        shutil.copy(SCRIPT, self.repository / ".ci" / "run")
        (self.repository / "infra" / "choose_python").write_text("")

        self.has("java", "echo '    java.specification.version = 17' >&2")

    def has(self, program: str, does: str = "true") -> None:
        found = self.programs / program
        found.write_text(f"#!{shutil.which('bash')}\n{does}\n")
        found.chmod(0o755)

    def run(self, **environment: str) -> tuple[int, str]:
        variables = {"PATH": str(self.programs), "HOME": str(self.repository), **environment}
        done = subprocess.run(
            ["bash", ".ci/run"], cwd=self.repository, env=variables, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout

    def steps(self) -> list[str]:
        """What was made, but for what is installed beside it."""
        beside = (".venv-sam", ".venv-page", "install")
        return [line for line in self.made.read_text().splitlines() if line not in beside]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_nothing_is_left_out_however_long_it_takes(machine: Machine) -> None:
    machine.has("chromium")
    machine.has("docker")
    code, said = machine.run(SECONDS="3000")  # so long it has taken already, as bash counts
    assert (code, machine.steps()) == (0, [*ALWAYS, "test-sam"])
    assert "SKIPPED" not in said
    for step in ("make check", "make test", "make test-page", "make test-deploy", "make test-sam"):
        assert f"=== {step}: " in said


def test_without_a_container_engine_it_says_what_did_not_run(machine: Machine) -> None:
    machine.has("chromium")
    machine.has("docker", "exit 1")
    code, said = machine.run()
    assert (code, machine.steps()) == (0, ALWAYS)
    assert "SKIPPED: make test-sam (sam local), because there is no container engine" in said


@pytest.mark.parametrize("version", ["1.8", "11", "16", None])
def test_without_a_new_java_it_says_what_did_not_run(machine: Machine, version: str | None) -> None:
    machine.has("chromium")
    machine.has("docker")
    machine.has("java", "exit 1" if version is None else f"echo '    java.specification.version = {version}' >&2")
    code, said = machine.run()
    assert (code, machine.steps()) == (0, [*ALWAYS, "test-sam"])
    assert "SKIPPED: tests on DynamoDB Local, because there is no Java 17 or newer" in said


def test_what_is_missing_is_installed_where_that_is_possible(machine: Machine) -> None:
    machine.has("docker")
    machine.has("id", "echo 0")
    machine.has("java", "exit 1")
    installed = machine.programs / "installed"
    browser = f"{shutil.which('ln')} -s docker {machine.programs}/chromium"
    machine.has("apt-get", f'echo "$*" >>{installed}; case $* in *chromium*) {browser};; esac')
    assert machine.run()[0] == 0
    assert {"default-jre-headless", "chromium"} <= {line.split()[-1] for line in installed.read_text().splitlines()}


@pytest.mark.parametrize("browser", ["chromium", "chromium-browser", "google-chrome"])
def test_any_of_the_browsers_that_the_tests_take_will_do(machine: Machine, browser: str) -> None:
    machine.has(browser)
    machine.has("docker")
    assert machine.run()[0] == 0


def test_without_what_checks_the_page_it_fails_and_says_why(machine: Machine) -> None:
    machine.has("chromium")
    machine.has("docker")
    code, said = machine.run(FAILING=".venv-page")
    assert (code, machine.steps()) == (1, [])
    assert "=== FAILED: preparing (exit 1, " in said


def test_without_a_browser_it_fails(machine: Machine) -> None:
    machine.has("docker")
    code, said = machine.run()
    assert code == 1
    assert (
        "There is no browser for the tests of the page, and none could be installed: apt-get install chromium" in said
    )


def test_what_fails_is_named(machine: Machine) -> None:
    machine.has("chromium")
    machine.has("docker")
    code, said = machine.run(FAILING="test-page")
    assert code == 1
    assert machine.steps() == ["check", "docs", "test", "test-page"]
    assert "=== FAILED: make test-page (exit 1, " in said


def test_without_a_browser_the_tests_of_the_page_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    missing = pytest.raises((pytest.fail.Exception, pytest.skip.Exception), match="apt-get install chromium")
    with missing as raised, started():
        pass
    assert raised.type is pytest.fail.Exception
