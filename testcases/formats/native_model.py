"""What the fields of the native shape may hold, for pydantic to check."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from testcases.errors import InvalidFieldError
from testcases.formats.fields import check_name

__all__ = [
    "KINDS",
    "TEST_FIELDS",
    "AssertModel",
    "CallModel",
    "CheckModel",
    "CompareModel",
    "LimitsModel",
    "NativeModel",
    "PytestModel",
    "StdinModel",
    "TestModel",
    "validate",
    "validate_test",
]


def _name(value: str) -> str:
    try:
        return check_name(value, "")
    except InvalidFieldError as error:
        raise ValueError(str(error).removeprefix(": ")) from None


def _module_name(value: str) -> str:
    if not all(part.isidentifier() for part in value.split(".")):
        raise ValueError("must be the name of a module")
    return value


_Name = Annotated[str, AfterValidator(_name)]
_Modules = Annotated[tuple[Annotated[str, AfterValidator(_module_name)], ...], Field(strict=False)]
_Tolerance = Annotated[float, Field(ge=0)]
_Seconds = Annotated[float, Field(gt=0)]
_Amount = Annotated[int, Field(ge=1)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _drop_absent(cls, values: Any) -> Any:
        """Tables fill the fields a row does not have with None."""
        if not isinstance(values, dict):
            return values
        return {
            key: value
            for key, value in values.items()
            if value is not None or key not in cls.model_fields or key == "expected"
        }


class LimitsModel(_Model):
    """Fields of ``limits``, as in `testcases.problem.ProblemLimits`."""

    cpu_s: _Seconds | None = None
    total_cpu_s: _Seconds | None = None
    memory_mb: _Amount | None = None
    output_kb: _Amount | None = None


class CompareModel(_Model):
    """Fields of ``compare``, as in `testcases.problem.Comparison`."""

    mode: Literal["exact", "tokens", "unordered", "set"] = "exact"
    float_abs: _Tolerance = 0.0
    float_rel: _Tolerance = 0.0
    checker: str = ""


class NativeModel(_Model):
    """Fields of the reference; its tests are checked one by one."""

    tests: Annotated[list[Any], Field(min_length=1)]
    entry_point: _Name | None = None
    prompt: str = ""
    setup: str = ""
    oracle: str = ""
    limits: LimitsModel = LimitsModel()
    compare: CompareModel = CompareModel()
    allow_imports: _Modules = ()
    isolation: Literal["split", "shared"] = "split"
    format: Literal["native"] = "native"


class _TestModel(_Model):
    """Fields that every test may have."""

    weight: Annotated[float, Field(ge=0.001, le=1000)] = 1.0
    group: Annotated[str, Field(min_length=1)] | None = None


class CallModel(_TestModel):
    """Fields of a call. What is right is ``expected``, or any of ``one_of``, or what the oracle says."""

    args: Annotated[tuple[Any, ...], Field(strict=False)] = ()
    kwargs: dict[str, Any] = {}
    function: _Name | None = None
    expected: Any = None
    one_of: Annotated[tuple[Any, ...], Field(strict=False, min_length=1)] | None = None
    compare: CompareModel | None = None


class StdinModel(_TestModel):
    """Fields of a program's input and output. What is right is ``stdout``, or any of ``one_of``."""

    stdin: str
    stdout: str | None = None
    one_of: Annotated[tuple[str, ...], Field(strict=False, min_length=1)] | None = None
    compare: CompareModel | None = None


class AssertModel(_TestModel):
    """The field of an assertion."""

    source: Annotated[str, Field(alias="assert")]


class CheckModel(_TestModel):
    """The field of a check function."""

    source: Annotated[str, Field(alias="check")]


class PytestModel(_TestModel):
    """The fields of a pytest or unittest module."""

    source: Annotated[str, Field(alias="pytest")]
    module: _Name = "solution"


TestModel = CallModel | StdinModel | AssertModel | CheckModel | PytestModel

_MESSAGES = {
    "extra_forbidden": "is no field of this object",
    "missing": "is missing",
    "model_type": "must be an object",
    "too_short": "must not be empty",
    "tuple_type": "must be a list",
}

_Fields = TypeVar("_Fields", bound=BaseModel)

KINDS: tuple[tuple[type[TestModel], frozenset[str]], ...] = (
    (CallModel, frozenset({"args", "kwargs", "function", "expected"})),
    (StdinModel, frozenset({"stdin", "stdout"})),
    (AssertModel, frozenset({"assert"})),
    (CheckModel, frozenset({"check"})),
    (PytestModel, frozenset({"pytest", "module"})),
)
"""The kinds of tests, each with the fields that no other has."""
TEST_FIELDS: Final = frozenset({"one_of", "compare"}).union(*(own for _, own in KINDS))
"""Fields that some kinds of tests have and others have not."""


def validate(model: type[_Fields], values: Any, path: str) -> _Fields:
    """The fields of `values`, checked.

    Raises:
        InvalidFieldError: the first that is wrong, by its path under `path`.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    message = _MESSAGES.get(first["type"], first["msg"]).removeprefix("Value error, ")
    raise InvalidFieldError(_joined(path, first["loc"]), message.replace("Input should be", "must be"))


def validate_test(values: Any, path: str) -> TestModel:
    """The fields of one test, checked as those of its kind.

    Raises:
        InvalidFieldError: the first that is wrong, or the test where its kind is not clear.
    """
    if not isinstance(values, dict):
        raise InvalidFieldError(path, f"must be an object, not {type(values).__name__}")
    present = {key for key, value in values.items() if value is not None}
    kinds = [kind for kind in KINDS if kind[1] & present]
    if not kinds and ("expected" in values or "one_of" in present):
        kinds = [KINDS[0]]
    if len(kinds) != 1:
        what = "mixes fields of several kinds" if kinds else "has no field of any kind"
        fields = ", ".join(sorted(repr(key)[:40] for key in values)[:8]) or "nothing"
        raise InvalidFieldError(
            path, f"{what} of test (args with expected, stdin with stdout, assert, check, pytest): it has {fields}"
        )
    model, _ = kinds[0]
    kept = {"expected"} if model is CallModel else set()
    return validate(
        model, {key: value for key, value in values.items() if key in present | kept or key not in TEST_FIELDS}, path
    )


def _joined(path: str, location: tuple[int | str, ...]) -> str:
    for part in location:
        if isinstance(part, int):
            path = f"{path}[{part}]"
        elif part != "[key]":
            name = part if part.isidentifier() else repr(part)[:40]
            path = f"{path}.{name}" if path else name
    return path or "reference"
