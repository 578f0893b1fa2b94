"""containers/run on machines of every kind, played by commands that only write down how they were called."""

import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# what the launcher may find on any machine; engines, apt-get and the rest are there only if a test says so
EVERYDAY = ["bash", "cat", "cksum", "cut", "dirname", "grep", "mktemp", "rm", "sed", "sleep", "tail", "tr"]


@dataclass
class Machine:
    """A PATH with everyday commands and those that a test adds; calls of the latter are written down."""

    folder: Path
    calls_file: Path = field(init=False)

    def __post_init__(self) -> None:
        self.calls_file = self.folder / "calls"
        self.calls_file.touch()
        (self.folder / "bin").mkdir()
        for name in EVERYDAY:
            where = next(Path(d) / name for d in ("/usr/bin", "/bin") if (Path(d) / name).exists())
            (self.folder / "bin" / name).symlink_to(where)
        self.has("id", "echo 1234")

    def has(self, command: str, script: str) -> None:
        path = self.folder / "bin" / command
        path.write_text(f'#!/bin/sh\necho "{command} $*" >> "{self.calls_file}"\n{script}\n')
        path.chmod(0o755)

    def run(
        self, *command: str, cwd: Path = ROOT, clone: Path = ROOT, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(clone / "containers" / "run"), *command],
            cwd=cwd,
            env={"PATH": str(self.folder / "bin"), "TMPDIR": str(self.folder), **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def calls(self, beginning: str) -> list[str]:
        return [line for line in self.calls_file.read_text().splitlines() if line.startswith(beginning)]


# The image is there; what runs in it ends with 7.
READY = 'case "$*" in *run*) exit 7;; esac'
# Neither the image nor its base is there; builds go well.
BARE = 'case "$*" in *inspect*) exit 1;; *import*) cat > /dev/null;; *run*) exit 7;; esac'
UNREACHABLE = "exit 1"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_the_exit_code_is_handed_on_and_nothing_is_built(machine: Machine) -> None:
    machine.has("docker", READY)
    done = machine.run("pytest", "-k", "two words")
    assert done.returncode == 7
    assert done.stderr == ""
    assert not machine.calls("docker build")


def test_docker_writes_files_as_the_caller(machine: Machine) -> None:
    machine.has("docker", READY)
    machine.run("true")
    assert "--user 1234:1234" in machine.calls("docker run")[0]


def test_rootless_docker_is_the_caller_already(machine: Machine) -> None:
    machine.has("docker", 'case "$*" in info*) echo "[name=seccomp name=rootless]";; run*) exit 7;; esac')
    assert machine.run("true").returncode == 7
    assert "--user" not in machine.calls("docker run")[0]


def test_a_docker_command_without_an_engine_gives_way_to_podman(machine: Machine) -> None:
    machine.has("docker", UNREACHABLE)
    machine.has("podman", READY)
    assert machine.run("true").returncode == 7
    assert "--user" not in machine.calls("podman")[-1], "root in Podman's container is the caller"


def test_a_docker_that_is_podman_in_disguise_gives_way_to_podman(machine: Machine) -> None:
    machine.has("docker", 'case "$1" in --version) echo podman version 4.3.1;; esac')
    machine.has("podman", READY)
    assert machine.run("true").returncode == 7


def test_an_engine_asked_for_is_the_only_one_tried(machine: Machine) -> None:
    machine.has("docker", READY)
    done = machine.run("true", INTACT_ENGINE="podman")
    assert done.returncode == 125
    assert "podman, which does not answer" in done.stderr
    assert not machine.calls("docker")


def test_a_subfolder_is_worked_in_and_the_whole_clone_is_seen(machine: Machine) -> None:
    machine.has("docker", READY)
    machine.run("true", cwd=ROOT / "tests")
    call = machine.calls("docker run")[0]
    assert f"--volume {ROOT}:{ROOT}" in call
    assert f"--workdir {ROOT}/tests" in call


def test_a_folder_outside_the_clone_is_seen_as_well(machine: Machine) -> None:
    machine.has("docker", READY)
    study = machine.folder / "my study"
    study.mkdir()
    machine.run("true", cwd=study)
    assert f"--volume {study}:{study}" in machine.calls("docker run")[0]
    assert f":{study} " in machine.calls("docker run")[0].partition("INTACT_KEPT=")[2]  # so a run knows what is kept


def test_a_missing_image_is_built_and_its_name_follows_the_dockerfile(machine: Machine) -> None:
    machine.has("docker", BARE)
    done = machine.run("true")
    assert done.returncode == 7
    assert "building the image" in done.stderr
    sum_and_size = subprocess.run(
        ["cksum"], input=(ROOT / "containers" / "Dockerfile").read_bytes(), capture_output=True, check=True
    ).stdout.split()
    name = f"intact:trixie-{sum_and_size[0].decode()}-{sum_and_size[1].decode()}"
    assert f"--tag {name}" in machine.calls("docker build")[0]
    assert machine.calls("docker run")[0].endswith(f"{name} true")


def test_another_debian_is_another_base_and_another_image(machine: Machine) -> None:
    machine.has("docker", BARE)
    machine.run("true", INTACT_DEBIAN="sid")
    assert "BASE=debian:sid-slim" in machine.calls("docker build")[0]
    assert "intact:sid-" in machine.calls("docker run")[0]


def test_a_base_that_cannot_be_pulled_is_made_from_the_archive(machine: Machine) -> None:
    machine.has("podman", BARE.replace("*inspect*)", "*inspect*|*pull*)"))
    machine.has("mmdebstrap", "echo the files")
    assert machine.run("true").returncode == 7
    assert "trixie -" in machine.calls("mmdebstrap")[0]
    assert "debian:trixie-slim" in next(call for call in machine.calls("podman") if "import" in call)


def test_half_a_base_is_not_taken_for_one(machine: Machine) -> None:
    machine.has("podman", BARE.replace("*inspect*)", "*inspect*|*pull*)"))
    machine.has("mmdebstrap", "echo half the files; exit 1")
    done = machine.run("true")
    assert done.returncode == 125
    assert "neither be pulled nor made" in done.stderr
    assert not [call for call in machine.calls("podman") if "import" in call or "build" in call]


def test_a_failed_build_shows_its_end_and_where_the_rest_is(machine: Machine) -> None:
    machine.has("docker", 'case "$*" in *inspect*) exit 1;; build*) echo no room left; exit 1;; esac')
    done = machine.run("true")
    assert done.returncode == 125
    assert "no room left" in done.stderr
    log = Path(done.stderr.split("all of the log: ")[1].strip())
    assert "no room left" in log.read_text()


def test_without_an_engine_a_user_is_told_what_to_install(machine: Machine) -> None:
    machine.has("apt-get", "")
    done = machine.run("true")
    assert done.returncode == 125
    assert done.stderr.count("\n") == 1
    assert "install Podman" in done.stderr
    assert not machine.calls("apt-get")


@pytest.mark.skipif(not Path("/etc/debian_version").exists(), reason="only on Debian and Ubuntu")
def test_without_an_engine_root_gets_one(machine: Machine) -> None:
    machine.has("id", "echo 0")
    machine.has("chmod", 'exec /bin/chmod "$@"')
    podman = machine.folder / "bin" / "podman"
    script = f"#!/bin/sh\\necho podman $* >> {machine.calls_file}\\n{READY}"
    machine.has("apt-get", f"case $1 in install) printf '{script}' > {podman}; chmod +x {podman};; esac")
    done = machine.run("true")
    assert done.returncode == 7, done.stderr
    assert "Podman is installed" in done.stderr
    assert "--ulimit" in machine.calls("podman")[-1], "Podman's own limits are refused to some roots"


BENCHMARKS = ("python3", "-m", "benchmarks", "tension")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Nothing has been fetched in it so far."""
    shutil.copytree(ROOT / "containers", tmp_path / "clone" / "containers")
    return tmp_path / "clone"


def test_what_benchmarks_compare_with_is_fetched_before_and_once(machine: Machine, clone: Path) -> None:
    machine.has("docker", READY)
    machine.has("mkdir", 'exec /bin/mkdir "$@"')
    peers = clone / "benchmarks" / "peers"
    machine.has("python3", f"mkdir -p {peers}; : > {peers}/code.whl")
    for _ in range(2):
        assert machine.run(*BENCHMARKS, clone=clone).returncode == 7
    assert len(machine.calls("python3 -m pip download")) == 1
    assert f"--require-hashes --requirement {peers}.txt" in machine.calls("python3")[0]


def test_benchmarks_run_without_what_cannot_be_fetched(machine: Machine, clone: Path) -> None:
    machine.has("docker", READY)
    machine.has("python3", "echo no such host >&2; exit 1")
    done = machine.run(*BENCHMARKS, clone=clone)
    assert done.returncode == 7
    assert "without phasefieldx, which pip could not fetch here (no such host)" in done.stderr


def test_nothing_is_fetched_for_anything_else(machine: Machine, clone: Path) -> None:
    machine.has("docker", READY)
    machine.has("python3", "")
    machine.run("pytest", "tests/test_benchmarks.py", clone=clone)
    assert not machine.calls("python3")


def test_without_a_command_it_says_how_it_is_used(machine: Machine) -> None:
    done = machine.run()
    assert done.returncode == 2
    assert "containers/run pytest" in done.stderr
