"""Write caches into the image, so that they are not rebuilt at every cold start.

They are the bytecode of the standard library modules that the grader imports, if the base image lacks it, and the
tables of black's parser, which black reads from beside its grammars if they exist.
"""

import contextlib
import importlib
import sys

from sandbox.preload import SOLUTION_PRELOAD

_OURS = """
    awslambdaric.bootstrap black boto3 grader.lambda_api.service grader.cli.main grader.core.grader grader.handler
    grader.runtime.serve http.client http.server pyflakes.checker RestrictedPython sandbox.processes.analyzer.analyzer
    sandbox.processes.harness.harness sandbox.processes.zygote.launcher sandbox.processes.solution.solution
    sandbox.processes.zygote.zygote
    sandbox.isolation.landlock sandbox.isolation.namespaces sandbox.isolation.seccomp testcases.run
    testcases.in_process.solution
"""

sys.dont_write_bytecode = False
for name in SOLUTION_PRELOAD:
    with contextlib.suppress(ImportError):  # modules that this version of Python lacks
        importlib.import_module(name)
for name in _OURS.split():
    importlib.import_module(name)

grammars = importlib.import_module("blib2to3").__path__[0]
for name in ("Grammar.txt", "PatternGrammar.txt"):
    importlib.import_module("blib2to3.pgen2.driver").load_grammar(f"{grammars}/{name}", force=True)
