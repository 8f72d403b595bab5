"""The resources server for NeMo Gym.

::

    # app.py of a resources server
    from grader.trainers.nemo_gym import CodeResourcesServer
    if __name__ == "__main__":
        CodeResourcesServer.run_webserver()

A server of one's own calls ``await verify(body)``. The HTTP service answers the same requests at ``/verify``.

Source: NeMo Gym 0.4 to 0.7, ``nemo_gym/base_resources_server.py``: one response a call; what comes back is the request
with the reward. The base class comes from there, so the server's class is made when it is first asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from grader.errors import InputError
from grader.trainers import process_grader
from grader.trainers.rewards import parts
from grader.trainers.samples import make_sample

if TYPE_CHECKING:
    from grader.types import BadSample, Grade, Sample

    CodeResourcesServer: Any

__all__ = ["read_request", "verify", "write_response"]


async def verify(body: Any) -> dict[str, Any]:
    """Grade the response of a request.

    Args:
        body: a `BaseVerifyRequest` whose model keeps further fields, or its fields. The reference is
            ``verifier_metadata.unit_tests`` or, without that, the further fields themselves.

    Returns:
        Fields of the `BaseVerifyResponse`: those of the request, ``reward`` in [0, 1], and all metrics. The setting
        ``unscored`` decides what an unscored sample gets; its metric ``grader_error`` is 1.

    Raises:
        grader.errors.UnscoredError: it is unscored, and the setting is ``raise``.
    """
    fields: Mapping[str, Any] = body if isinstance(body, Mapping) else body.model_dump()
    grade = await process_grader.grade_async(read_request(fields))
    return write_response(fields, grade, process_grader.reward(grade))


def read_request(body: Mapping[str, Any]) -> Sample | BadSample:
    """Make the sample of a request.

    Raises:
        grader.errors.InputError: there is no response in it.
    """
    response = body.get("response")
    if not isinstance(response, Mapping):
        found = "is missing" if "response" not in body else f"is of type {type(response).__name__}"
        raise InputError(f"response: {found}; an object is wanted")
    output = response.get("output")
    turns = [
        {"role": "assistant", "content": item.get("content")}
        for item in (output if isinstance(output, list) else [])
        if isinstance(item, Mapping) and item.get("type") == "message"
    ]
    reference: Any = {key: value for key, value in body.items() if key not in {"response", "responses_create_params"}}
    metadata = body.get("verifier_metadata")
    if isinstance(metadata, Mapping) and metadata.get("unit_tests") is not None:
        reference = metadata["unit_tests"]
    return make_sample(turns, reference, prompt=_prompt(body), reference_field="verifier_metadata")


def write_response(body: Mapping[str, Any], grade: Grade, reward: float) -> dict[str, Any]:
    """Make the response: the environment returns what it was sent, with the reward."""
    return {**body, "reward": reward, **parts(grade)}


def _prompt(body: Mapping[str, Any]) -> Any:
    parameters = body.get("responses_create_params")
    given = parameters.get("input") if isinstance(parameters, Mapping) else None
    return given if isinstance(given, (str, list)) else ""


def _make_server() -> Any:
    from nemo_gym.base_resources_server import (  # noqa: PLC0415 - the trainer has it
        BaseVerifyRequest,
        BaseVerifyResponse,
        SimpleResourcesServer,
    )
    from pydantic import ConfigDict  # noqa: PLC0415 - as above

    kept = {"model_config": ConfigDict(extra="allow"), "__module__": __name__}
    request = type("CodeVerifyRequest", (BaseVerifyRequest,), dict(kept))
    response = type("CodeVerifyResponse", (BaseVerifyResponse,), dict(kept))

    async def verify_body(self: Any, body: Any) -> Any:
        del self
        return response(**await verify(body))

    # FastAPI reads them, and classes that are made in a function have no name that it could look up.
    verify_body.__annotations__ = {"body": request, "return": response}
    return type("CodeResourcesServer", (SimpleResourcesServer,), {"verify": verify_body, "__module__": __name__})


def __getattr__(name: str) -> Any:
    """Make the server's class (PEP 562)."""
    if name != "CodeResourcesServer":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = made = _make_server()
    return made
