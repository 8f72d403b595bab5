"""The host of a solution's proxies: everything that test code has of one solution, and stdout forwarding."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from sandbox.wire.protocol import ExceptionFields
from sandbox.wire.values import Reference
from testcases.proxies import exceptions
from testcases.proxies.class_registry import ClassRegistry
from testcases.proxies.exportable import BUILT_IN_CLASSES, abilities_of, built_in_base, global_name
from testcases.proxies.exports import Exports
from testcases.proxies.observations import READ_ONLY_OPERATIONS
from testcases.proxies.proxy import Proxy, ProxyType, RemoteRef, ref_of
from testcases.proxies.proxy_classes import RemoteError, make_named_tuple_class
from testcases.signals import RefusedError, SolutionLostError, is_from_solution
from testcases.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from testcases.proxies.class_registry import ClassNaming
    from testcases.signals import SolutionClient

__all__ = ["ProxyHost", "StdoutForwarder"]


class StdoutForwarder:
    """Writes what the answer has written to what test code has put in the place of ``sys.stdout`` and ``stderr``."""

    def __init__(self) -> None:
        self._quiet = sys.stdout, sys.stderr
        self._generation = 0
        self._passed = [0, 0]

    def skip(self, candidate: SolutionClient) -> None:
        """Have nothing that was written up to now be new."""
        written, errors = candidate.written
        self._generation, self._passed = candidate.generation, [len(written), len(errors)]

    def forward_new(self, candidate: SolutionClient) -> None:
        """Write what is new."""
        if candidate.generation != self._generation:
            self._generation, self._passed = candidate.generation, [0, 0]
        for place, (written, stream) in enumerate(zip(candidate.written, (sys.stdout, sys.stderr), strict=True)):
            start, self._passed[place] = self._passed[place], len(written)
            if start < len(written) and stream is not self._quiet[place]:
                stream.write(bytes(written[start:]).decode("utf-8", "replace"))


_TEXT_CHARS = 500
_NAME_CHARS = 100
_GLOBAL_PREFIX = "g:"


class ProxyHost:
    """The host of a candidate (`sandbox.processes.harness.callbacks.CallbackHost`).

    Args:
        candidate: the answer.
        ready: gives it, with the answer loaded, or raises `SolutionLostError`.
        naming: tells classes by their names.
    """

    def __init__(self, candidate: SolutionClient, ready: Callable[[], SolutionClient], naming: ClassNaming) -> None:
        self._ready = ready
        self._candidate = candidate
        self.classes = ClassRegistry(self, candidate, naming)
        self.change_count = 0
        """How often test code has asked for what may change an object."""
        self._stand_ins: WeakValueDictionary[tuple[int, int], Any] = WeakValueDictionary()
        self._by_name: dict[str, Any] = {}
        self._loans = Exports()
        self._dropped: set[int] = set()
        self._started: set[int] = set()
        self._pending: BaseException | None = None
        """What test code has failed of while the answer called it; kept until no request is under way, as test code
        that the answer calls meanwhile may swallow it."""
        self._depth = 0
        self._echo = StdoutForwarder()

    # Asking

    def ask(self, verb: str, *fields: Any) -> Any:
        """The value of an answer.

        Raises:
            Exception: what the answer raised.
            CandidateLostError: its process is gone.
            RefusedError: a value can neither cross nor be lent.
        """
        self.change_count += verb != "op" or fields[0] not in READ_ONLY_OPERATIONS
        return self._value(lambda candidate: candidate.ask(verb, *fields))

    def call(self, target: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """What a call returns; mutable arguments then look as the answer has left them."""
        self.change_count += 1
        if self.is_proxy(target) and ref_of(target).name:
            target = ref_of(target).name
        return self._value(lambda candidate: candidate.call(target, args, kwargs))

    def _value(self, asking: Callable[[SolutionClient], Any]) -> Any:
        candidate = self._ready()
        self._depth += 1
        try:
            reply = asking(candidate)
        except ValueError as error:
            raise RefusedError(f"arguments that cannot be passed: {error}") from None
        finally:
            self._depth -= 1
            pending = self._pending
            if self._depth == 0:
                self._pending = None
        self._echo.forward_new(candidate)
        if pending is not None:
            raise pending
        if reply.status == "returned":
            return reply.value
        raise exceptions.exception_for(reply, self)

    def operate(self, name: str, *operands: Any) -> Any:
        """What Python does for an operator or a built-in function."""
        return self.ask("op", name, list(operands))

    # What test code has

    def bind(self, names: dict[str, Any]) -> None:
        """Take the names of an answer that was just loaded: those of before mean what they mean now."""
        self._echo.skip(self._candidate)
        for name, value in names.items():
            self.named(name, value)

    def named(self, name: str, value: Any) -> Any:
        """Take a name of the answer's module; what test code is to see for it, in this process and its successors."""
        before: Any = self._by_name.get(name)
        if self._is_held(before) and self._is_held(value) and ref_of(before).generation != ref_of(value).generation:
            place = ref_of(value).generation, ref_of(value).key
            ref_of(before).generation, ref_of(before).key = place
            if isinstance(before, ProxyType):
                self.classes.keep(place, before)
            else:
                self._stand_ins[place] = before
            value = before
        self._by_name[name] = value
        if isinstance(value, ProxyType):
            self.classes.named(name, value)
        elif self.is_proxy(value) and "." in name:
            ref_of(value).name = name  # each call is to make an object of its own
        return value

    def by_name(self, name: str) -> Any:
        """What test code has by a name of the answer's module; ``None`` when it has not asked for it."""
        return self._by_name.get(name)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the answer's module that test code has."""
        return tuple(self._by_name)

    def _is_held(self, value: Any) -> bool:
        return isinstance(value, ProxyType) or issubclass(type(value), Proxy | RemoteError)

    def is_proxy(self, value: Any) -> bool:
        """Whether something stands for an object of the answer's."""
        return issubclass(type(value), Proxy)

    def is_known(self, value: Any) -> bool:
        """Whether test code names the class of an object."""
        return self.classes.is_known(type(value))

    def is_made_by_test(self, value: Any) -> bool:
        """Whether test code made an object."""
        return ref_of(value).is_made_by_test

    def own(self, value: Any) -> None:
        """Have an object count as made by test code."""
        if self.is_proxy(value) and self.is_known(value):
            ref_of(value).is_made_by_test = True

    def construct(self, kind: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Make an object of a class of the answer's."""
        made = self.call(kind, args, kwargs)
        if self.classes.is_constructible(kind):
            self.own(made)
        return made

    def class_attribute(self, kind: Any, name: str) -> Any:
        """An attribute of a class of the answer's; its members are as good as made by test code."""
        value = self.ask("get", kind, name)
        if self.classes.is_constructible(kind) and type(value) is kind:
            self.own(value)
        return value

    def apply_unary(self, operation: str, value: Any) -> Any:
        """What comes of an operation on nothing but an object: as good as made by test code, if that was."""
        made = self.operate(operation, value)
        if self.is_made_by_test(value):
            self.own(made)
        return made

    def started(self, awaitable: Any) -> bool:
        """Whether a coroutine runs already; if not, from now on it does."""
        key = ref_of(awaitable).key
        if key in self._started:
            self._started.discard(key)
            return True
        self._started.add(key)
        self.ask("start", awaitable)
        return False

    def release_ref(self, what: RemoteRef) -> None:
        """Take note that test code no longer has an object."""
        place = what.generation, what.key
        if what.generation == self._candidate.generation and self._stand_ins.get(place) is None:
            self._dropped.add(what.key)

    def dropped(self) -> list[int]:
        """Numbers of objects that test code has let go since it was last asked."""
        gone, self._dropped = self._dropped, set()
        return sorted(gone)

    # The host of a candidate

    def adopt(self, reference: Any) -> Any:
        """What test code is to see for an object of the answer's."""
        key, of = reference.key, reference.of
        if type(key) is str:
            if key.startswith(f"{_GLOBAL_PREFIX}builtins:"):
                return _builtin_class(key.removeprefix(f"{_GLOBAL_PREFIX}builtins:"))
            return self._loans.by_key(key)
        if of == 0:
            return self.classes.mirror(key)
        place = self._candidate.generation, key
        known = self._stand_ins.get(place)
        if known is not None:
            self._dropped.discard(key)
            return known
        kind = self.classes.for_word(of) if type(of) is str else self.classes.mirror(of)
        self._dropped.discard(key)
        return self._made(kind, key)

    def adopt_tuple(self, reference: Any, names: Sequence[str], items: tuple[Any, ...]) -> Any:
        """What test code is to see for a named tuple."""
        kind = self.classes.mirror(reference.of) if type(reference.of) is int and reference.of else None
        if kind is None or not issubclass(kind, tuple) or getattr(kind, "_fields", None) != tuple(names):
            kind = make_named_tuple_class(reference.kind, tuple(names), {})
        if kind is None or len(names) != len(items):
            return items
        made: Any = tuple.__new__(kind, items)
        if type(reference.key) is int:
            made.__dict__["__held__"] = self.hold(reference.key)
        return made

    def _made(self, kind: type, key: int) -> Any:
        if issubclass(kind, BaseException):
            return exceptions.exception_value(self, kind, self.hold(key))
        made = object.__new__(kind if issubclass(kind, Proxy) else Proxy)
        object.__setattr__(made, "__held__", self.hold(key))
        self._stand_ins[self._candidate.generation, key] = made
        return made

    def hold(self, key: int) -> RemoteRef:
        """What an exception or a tuple stands for."""
        return RemoteRef(self, self._candidate.generation, key)

    def adopted(self, value: Any) -> Any:
        """A value with what test code is to see in it."""
        return self._candidate.callbacks.adopt(value)

    def export(self, value: Any) -> Reference | None:
        """What stands for an object in the answer's process; ``None`` for what the answer may not have."""
        what = self._held_of(value)
        if what is not None:
            return Reference(self._key_of(value, what), type(value).__name__)
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return Reference("n", type(value).__name__)
        name = global_name(value)
        if name is not None:
            return Reference(f"{_GLOBAL_PREFIX}{name}", "global", callable(value))
        abilities = abilities_of(value)
        if abilities is None:
            return None
        found = getattr(value, "__name__", None)
        kind = found if type(found) is str else type(value).__name__  # it may come from a `__getattr__`
        return Reference(self._loans.key_of(value), kind, callable(value), abilities)

    def _held_of(self, value: Any) -> RemoteRef | None:
        if isinstance(value, ProxyType):
            found = vars(value).get("__class_held__")
            return found if isinstance(found, RemoteRef) else None
        if issubclass(type(value), Proxy):
            return ref_of(value)
        found = getattr(value, "__dict__", {}).get("__held__") if isinstance(type(value), ProxyType) else None
        return found if isinstance(found, RemoteRef) else None

    def _key_of(self, value: Any, what: RemoteRef) -> int:
        generation = self._candidate.generation
        if what.generation != generation and value in self.classes.derived:
            self.classes.make(value)
            what = ref_of(value)
        if what.generation != generation:
            raise SolutionLostError(Verdict.CRASHED, "it is gone with its process")
        return what.key

    def serve(self, verb: str, fields: list[Any]) -> Any:
        """Do with a lent object what the answer asks."""
        return self._loans.serve(verb, fields)

    def report(self, error: BaseException) -> ExceptionFields:
        """What to tell the answer of an exception of `serve`."""
        may_be_caught = isinstance(error, Exception | SystemExit) and not isinstance(error, AssertionError)
        if not may_be_caught and not is_from_solution(error):
            self._pending = error  # nothing that the answer could swallow
        kind = type(error)
        text = ""
        with contextlib.suppress(Exception):
            text = str(error)[:_TEXT_CHARS]
        own: Any = error if self._held_of(error) is not None else self._loans.key_of(error)
        args = error.args if all(type(arg) in {str, int, float, bool, type(None)} for arg in error.args) else None
        return ExceptionFields(kind.__name__, built_in_base(kind), text, reference=own, args=args)


def _builtin_class(name: str) -> type:
    if name not in BUILT_IN_CLASSES:
        raise RefusedError(f"it hands out the class {name[:_NAME_CHARS]!r}, which test code cannot be given")
    return BUILT_IN_CLASSES[name]
