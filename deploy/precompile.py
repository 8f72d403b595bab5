"""Write the caches that the image needs, so that they are not rebuilt at every cold start.

``python precompile.py FOLDER``: the bytecode of the modules of the standard library that the grader imports, if the
base image lacks it, goes to FOLDER, under the path where Python looks for it.
"""

import contextlib
import importlib
import shutil
import sys
import sysconfig
import time
from pathlib import Path

from sandbox.preload import SOLUTION_PRELOAD

_OURS = """
    awslambdaric.bootstrap black boto3 grader.lambda_api.service grader.cli.main grader.core.grader grader.handler
    grader.rollout.service grader.runtime.serve http.client http.server pyflakes.checker RestrictedPython
    sandbox.processes.analyzer.analyzer sandbox.processes.harness.harness sandbox.processes.zygote.launcher
    sandbox.processes.solution.solution sandbox.processes.zygote.zygote
    sandbox.isolation.landlock sandbox.isolation.namespaces sandbox.isolation.seccomp testcases.run
    testcases.in_process.solution
"""


def main() -> None:
    """Import everything, and copy the bytecode that was written."""
    target = Path(sys.argv[1])
    target.mkdir(parents=True)
    started = time.time()
    sys.dont_write_bytecode = False
    for name in SOLUTION_PRELOAD:
        with contextlib.suppress(ImportError):  # modules that this version of Python lacks
            importlib.import_module(name)
    for name in _OURS.split():
        importlib.import_module(name)
    for file in Path(sysconfig.get_path("stdlib")).rglob("*.pyc"):
        if file.stat().st_mtime >= started:
            copy = target / file.relative_to("/")
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, copy)


main()
