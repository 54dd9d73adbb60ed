"""The plain install, from the wheel, in an environment of its own: the demo runs, and its archive verifies as WACZ."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

pytestmark = pytest.mark.long
ROOT = Path(__file__).parent.parent


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "ARCHIVE_"))}
    return subprocess.run(command, cwd=cwd, env=environ, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an environment's commands.

    Where pip does not reach its index, the wheel stands beside the libraries of the environment that runs the tests.
    """
    folder = tmp_path_factory.mktemp("install")
    built = run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    assert built.returncode == 0, built.stderr
    [wheel] = folder.glob("*.whl")
    created = run(sys.executable, "-m", "venv", folder / "env", cwd=folder)
    assert created.returncode == 0, created.stderr
    pip = [folder / "env" / "bin" / "python", "-m", "pip", "install", "--quiet", "--retries", "1"]
    if run(*pip, wheel, cwd=folder).returncode != 0:
        assert run(*pip, "--no-deps", wheel, cwd=folder).returncode == 0
        [packages] = (folder / "env").glob("lib/python*/site-packages")
        (packages / "libraries.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    return folder / "env" / "bin"


def test_the_wheel_holds_no_web_of_the_tests(installed: Path) -> None:
    [package] = installed.parent.glob("lib/python*/site-packages/linkarchive")
    names = {path.name for path in package.rglob("*.py")}
    assert {"server.py", "story.py"} <= names
    assert {"hostile.py", "bulk.py", "hostile_sites.py", "conftest.py"} & names == set()


def test_the_demo_and_the_check_of_a_wacz_run_in_the_plain_install(installed: Path, tmp_path: Path) -> None:
    archive = installed / "archive"
    demo = run(archive, "demo", "demo", cwd=tmp_path)
    assert demo.returncode == 0, demo.stderr
    exported = run(archive, "export", "--project", "demo", "--wacz", "demo.wacz", cwd=tmp_path)
    assert exported.returncode == 0, exported.stderr
    verified = run(archive, "verify", "--project", "demo", "--wacz", "demo.wacz", cwd=tmp_path)
    assert (verified.returncode, verified.stderr) == (0, "")
    assert verified.stdout.endswith("clean\n")
