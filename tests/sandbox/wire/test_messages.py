"""Messages between processes: what one end packs, the other unpacks."""

from __future__ import annotations

import inspect
import json
import os
import signal
from dataclasses import fields
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from sandbox.errors import ValueCodecError
from sandbox.wire import zygote_protocol
from sandbox.wire.analysis import Analysis, AnalysisRequest, AnalysisStatus, Finding, Policy, StyleFacts
from sandbox.wire.framing import receive_frame, send_frame
from sandbox.wire.jobs import JobReport, JobRequest
from sandbox.wire.limits import Limits
from sandbox.wire.protocol import RAISED, ExceptionFields
from sandbox.wire.replies import Reply, parse_message
from sandbox.wire.values import Reference, decode, encode
from sandbox.wire.zygote_protocol import ExitInfo

if TYPE_CHECKING:
    from collections.abc import Callable

LIMITS = Limits(**{field.name: number for number, field in enumerate(fields(Limits), 3)})
"""Different values, so that none can be taken for another."""


@pytest.mark.parametrize("source", ["", "def f():\n    return 1\n", "x = '\u2028\ud800'", "\r\n\0"])
@pytest.mark.parametrize("spec", [b"", encode(None), encode({"a": ["\n"]}), b"\n\n"])
def test_a_job_crosses(source: str, spec: bytes) -> None:
    assert JobRequest.unpack(JobRequest(source, LIMITS, spec).pack()) == (source, LIMITS, spec, False, b"")


def test_a_job_crosses_with_the_compiled_answer() -> None:
    request = JobRequest("x = 1", LIMITS, b"null", traceless=True, code=bytes(range(256)))
    assert JobRequest.unpack(request.pack()) == request


def test_a_report_crosses() -> None:
    report = JobReport([["passed", (1, {2})]], "", 0.25, 17.5, "out", 3.5, memory_exceeded=True)
    assert JobReport.unpack(report.pack()) == report
    assert JobReport.unpack(JobReport(error="NameError: x").pack()) == JobReport(error="NameError: x")


def test_a_report_that_is_not_plain_data_does_not_cross() -> None:
    with pytest.raises(ValueCodecError):
        JobReport(report=object()).pack()


FINDING = Finding("UnusedImport", 3, "os")


@pytest.mark.parametrize(
    "request_",
    [AnalysisRequest("x"), AnalysisRequest("y", "f", Policy.STRICT, ("numpy", "re"))],
)
def test_a_request_for_an_analysis_crosses(request_: AnalysisRequest) -> None:
    assert AnalysisRequest.unpack(decode(encode(request_.pack()))) == request_


@pytest.mark.parametrize(
    ("unpack", "value"),
    [
        (Analysis.unpack, Analysis(AnalysisStatus.OK, "", (FINDING,), defines_entry_point=True)),
        (Analysis.unpack, Analysis(AnalysisStatus.SYNTAX_ERROR, "line 1", is_stub=True)),
        (StyleFacts.unpack, StyleFacts(3, 2, 0.5, (FINDING, FINDING))),
        (Reference.unpack, Reference(7)),
        (Reference.unpack, Reference("t1", "C", is_callable=True, of="function")),
    ],
    ids=str,
)
def test_what_is_packed_is_unpacked(unpack: Callable[..., object], value: Analysis | StyleFacts | Reference) -> None:
    assert unpack(decode(encode(value.pack()))) == value


def test_a_long_analysis_is_cut_off() -> None:
    analysis = Analysis(AnalysisStatus.OK, "x" * 1000, (FINDING,) * 50)
    crossed = Analysis.unpack(analysis.pack())
    assert (len(crossed.detail), len(crossed.violations)) == (500, 20)


@pytest.mark.parametrize("fields", [[None, "C", True, 0], [1, 2, True, 0], [1, "C", True, None], [1, "C", True]])
def test_a_bad_reference_is_refused(fields: list[object]) -> None:
    with pytest.raises(ValueCodecError):
        decode(json.dumps({"r": fields}).encode())


def test_an_exception_crosses_with_its_cause() -> None:
    cause = ExceptionFields("KeyError", "KeyError", "'k'", 2)
    message = ExceptionFields("MyError", "ValueError", "no", 4, Reference(9), (1,), list(cause)).pack()
    reply = parse_message(memoryview(encode(message)))
    assert isinstance(reply, Reply)
    raised = reply.raised
    assert raised is not None
    assert (raised.type_name, raised.base, raised.text, raised.line) == ("MyError", "ValueError", "no", 4)
    assert (raised.reference, raised.args) == (Reference(9), (1,))
    assert raised.cause is not None
    assert (raised.cause.type_name, raised.cause.line, raised.cause.cause) == ("KeyError", 2, None)


def test_an_exception_without_its_objects_is_plain() -> None:
    fields = ExceptionFields("MyError", "ValueError", "no", 4, object(), (object(),), [])
    assert fields.without_objects().pack() == [
        RAISED,
        "MyError",
        "ValueError",
        "no",
        4,
        None,
        None,
        None,
        None,
        None,
        False,
        None,
    ]


def test_how_a_process_ended_crosses() -> None:
    info = ExitInfo(12, signal.SIGKILL, 1.5, 20.25)
    assert ExitInfo.unpack(info.pack()) == info
    assert info.was_killed


def test_no_two_messages_to_one_end_begin_alike() -> None:
    of = zygote_protocol
    requests = of.FORK, of.FORK_ONCE, of.WHICH, of.KILL, of.END, of.ATTACH
    replies = of.FORKED, of.DIED, of.ALL_KILLED, of.ENDED
    assert len({*requests}) == len(requests)
    assert len({*replies}) == len(replies)
    assert {len(letter) for letter in (*requests, *replies)} == {1}


def test_the_letters_of_the_zygote_s_protocol_are_written_once() -> None:
    from sandbox.processes.harness import zygote_client  # noqa: PLC0415 - only their sources are looked at
    from sandbox.processes.zygote import fork_server  # noqa: PLC0415 - likewise
    from sandbox.scheduler import zygote  # noqa: PLC0415 - likewise

    for module in (zygote_client, fork_server, zygote):
        source = Path(inspect.getfile(module)).read_text()
        for letter in b"FOWKEAfdke":
            assert f'b"{chr(letter)}' not in source


def test_a_frame_is_sent_whole_whatever_the_pipe_takes() -> None:
    reader, writer = os.pipe()
    payload = os.urandom(1 << 20)
    thread = Thread(target=send_frame, args=(writer, payload))
    thread.start()
    try:
        assert receive_frame(reader) == payload
    finally:
        thread.join()
        os.close(reader)
        os.close(writer)
