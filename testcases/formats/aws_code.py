"""The code sample of the AWS documentation: a reference solution and its test cases.

Each item of ``test_cases`` has an ``input`` and an ``expected_output`` (or ``output``). The reference solution in
``code`` is parsed and never run. It defines the function that is tested (unless ``entry_point``, ``fn_name`` or
``func_name`` names one), and the parameters of that function decide what an input is:

- an object whose keys are names of parameters, all the required ones among them: arguments by name;
- a list, where two parameters or more are required, or any number is taken: the positional arguments;
- if the function takes no argument: nothing, so the input must be null, or an empty list, object or text;
- otherwise: the one positional argument.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from testcases.errors import InvalidFieldError
from testcases.formats.fields import Fields
from testcases.model import CallTest, Problem
from testcases.plain_data import require_plain
from testcases.source.entry_points import find_defined_function

if TYPE_CHECKING:
    from testcases.source.entry_points import Signature

__all__ = ["KEYS", "NAME", "read"]

NAME: Final = "aws_code"
KEYS: Final = (frozenset({"code", "test_cases"}),)


def read(reference: Any, *, prompt: str) -> Problem:
    """Make the problem.

    Raises:
        ProblemError: the reference cannot be read.
    """
    fields = Fields(reference)
    name = fields.name_or(fields.first("entry_point", "fn_name", "func_name"), None)
    cases = fields.items("test_cases")
    signature = find_defined_function(fields.text("code"), "code", name=name, prompt=prompt)
    tests = [_test(case, f"test_cases[{index}]", signature) for index, case in enumerate(cases)]
    return Problem(tests=tuple(tests), entry_point=signature.name, format_name=NAME)


def _test(case: Any, path: str, signature: Signature) -> CallTest:
    fields = Fields(case, path)
    output = fields.first("expected_output", "output")
    require_plain(fields.value("input"), fields.path("input"))
    require_plain(fields.value(output), fields.path(output))
    args, kwargs = _arguments(fields.value("input"), fields.path("input"), signature)
    return CallTest(args=args, kwargs=kwargs, expected=fields.value(output))


def _arguments(given: Any, path: str, signature: Signature) -> tuple[tuple[Any, ...], dict[str, Any]]:
    required = signature.parameters[: signature.required]
    by_name = {*signature.parameters, *signature.keyword_only}
    if isinstance(given, dict) and given and set(required) <= given.keys() <= by_name:
        return (), given
    if isinstance(given, list) and (signature.required > 1 or signature.variadic):
        if len(given) < signature.required or (len(given) > len(signature.parameters) and not signature.variadic):
            raise InvalidFieldError(path, f"has {len(given)} items, which {signature.name} does not take")
        return tuple(given), {}
    if signature.required > 1:
        raise InvalidFieldError(
            path, f"must be a list or an object: {signature.name} takes {signature.required} arguments"
        )
    if not signature.parameters and not signature.variadic:
        if not given and not isinstance(given, (bool, int, float)):
            return (), {}
        raise InvalidFieldError(path, f"must be empty: {signature.name} takes no argument")
    return (given,), {}
