"""Find the container engine of this host, by `deploy/container`."""

from __future__ import annotations

import shlex
import subprocess
from typing import TYPE_CHECKING

from grader.errors import InputError
from grader.text import one_line

if TYPE_CHECKING:
    from grader.tools.deploy.source import Source

__all__ = ["find_engine", "local_image"]

_TIMEOUT_S = 60


def find_engine(source: Source) -> list[str]:
    """Return the words of the command that builds and pushes images: docker, podman or buildah.

    Raises:
        InputError: none of them works on this host.
    """
    ended = _run([str(source.script), "engine"])
    if ended.returncode:
        raise InputError(
            "no container tool: none of docker, podman and buildah works here; install one of them, set ENGINE to "
            f"another command, or use --image URI ({one_line(ended.stderr)})"
        )
    return shlex.split(ended.stdout)


def local_image(engine: list[str], name: str) -> str:
    """Return the id of an image on this host: its first 16 hexadecimal digits.

    Raises:
        InputError: there is no such image.
    """
    if engine[0].rpartition("/")[2] == "buildah":
        command = [*engine, "inspect", "--type", "image", "--format", "{{.FromImageID}}", name]
    else:
        command = [*engine, "image", "inspect", "--format", "{{.Id}}", name]
    ended = _run(command)
    identity = ended.stdout.strip().removeprefix("sha256:")[:16]
    if ended.returncode or not identity:
        raise InputError(
            f"image {name}: does not exist on this host ({one_line(ended.stderr)}); build it with `make image`"
        )
    return identity


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(  # noqa: S603 - a program of the checkout, or the engine it names
            command, capture_output=True, text=True, check=False, timeout=_TIMEOUT_S, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        # The exit code of a shell for a command that cannot be run, so that callers handle one kind of failure.
        return subprocess.CompletedProcess(command, 127, "", str(error))
