"""The host of the proxies of one solution."""

from __future__ import annotations

from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from sandbox.wire.protocol import GET, GLOBAL_KEY, OP, PUBLIC, START, ExceptionFields
from sandbox.wire.replies import SolutionStatus
from sandbox.wire.values import Construction, Reference, UnsupportedTypeError
from testcases.caught import alias_of, original_of
from testcases.proxies import exceptions
from testcases.proxies.argument_changes import ARGUMENT_CHANGES
from testcases.proxies.class_registry import ClassRegistry, class_by_name
from testcases.proxies.effects import Effects
from testcases.proxies.enums import PromptEnums
from testcases.proxies.exportable import (
    STAY,
    GlobalRef,
    abilities_of,
    argument_error,
    construction_of,
    function_facts,
    global_name,
)
from testcases.proxies.exports import Exports
from testcases.proxies.kept_arguments import KeptArguments
from testcases.proxies.observations import HARMLESS_OPERATIONS, READ_ONLY_OPERATIONS
from testcases.proxies.process_state import ProcessState
from testcases.proxies.proxy import Proxy, ProxyType
from testcases.proxies.proxy_classes import RemoteError, make_named_tuple_class
from testcases.proxies.session import RemoteObject, RemoteRef, ref_of
from testcases.proxies.shared_containers import SharedContainers
from testcases.proxies.stdout_forwarder import StdoutForwarder
from testcases.proxies.trust_table import OF_TEST, Origin
from testcases.signals import RefusedError, SolutionLostError, is_from_solution
from testcases.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sandbox.wire.replies import Reply
    from testcases.proxies.class_registry import ClassNaming
    from testcases.proxies.session import Session
    from testcases.solution_client import SolutionClient

__all__ = ["ProxyHost"]


class ProxyHost:
    """The host of a client's callbacks (`sandbox.processes.harness.callbacks.CallbackHost`), and a `Session`.

    Args:
        client: the solution, in its process.
        loaded_client: returns the client with the answer loaded, or raises `SolutionLostError`.
        naming: decides which names are meant as classes.
    """

    def __init__(
        self, client: SolutionClient, loaded_client: Callable[[], SolutionClient], naming: ClassNaming
    ) -> None:
        self._loaded_client = loaded_client
        self._client = client
        self.classes = ClassRegistry(self, client, naming)
        self.asked_count = self._changes = self._mutations = 0
        # Weak, so that a proxy that test code drops lets go of its object in the other process, too.
        self._proxies: WeakValueDictionary[tuple[int, int, Origin], Any] = WeakValueDictionary()
        self._objects: WeakValueDictionary[tuple[int, int], RemoteObject] = WeakValueDictionary()
        self._by_name: dict[str, Any] = {}
        self._exports, self._shared, self._kept = Exports(), SharedContainers(), KeptArguments()
        self._sent_by_name: dict[str, Any] = {}
        self._dropped: set[int] = set()
        self._started: set[int] = set()
        # Error of a callback, that is, of test code. The solution may swallow it, and so may a later callback, so it is
        # kept, and raised when the outermost request has returned.
        self._pending: BaseException | None = None
        self._depth = 0
        self._forwarder = StdoutForwarder()
        self._state = ProcessState()
        self.effects = Effects(frozenset())
        self.enums = PromptEnums()
        ARGUMENT_CHANGES.clear()

    # Requests

    @property
    def change_count(self) -> int:
        """Number of requests so far that may have changed an object, and of changes by test code that may have."""
        return self._changes + self._kept.change_count

    @property
    def mutation_count(self) -> int:
        """As `change_count`, without those that only read."""
        return self._mutations + self._kept.change_count

    def ask(self, verb: str, *fields: Any) -> Any:
        """Send a request and return its value.

        Raises:
            Exception: what the solution raised.
            SolutionLostError: its process is gone.
            RefusedError: a value can neither cross nor be exported.
        """
        self._changes += verb != OP or fields[0] not in READ_ONLY_OPERATIONS
        self._mutations += verb not in {PUBLIC, GET} and not (verb == OP and fields[0] in HARMLESS_OPERATIONS)
        self.asked_count += verb != PUBLIC and not (verb == GET and fields[0] is None)
        if verb != GET and (verb != OP or fields[0] not in {"getitem", "enter"}):
            return self._exchange(lambda client: client.ask(verb, *fields))
        number = self._shared.next_number()
        value = self._exchange(lambda client: client.ask(verb, *fields, number))
        return self._shared.add(self._client.generation, number, value)

    def call(self, target: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Call something in the solution's process; mutable arguments are updated to what the call made of them."""
        self._changes += 1
        self._mutations += 1
        self.asked_count += 1
        if self.is_proxy(target) and ref_of(target).name:
            target = ref_of(target).name
        return self._exchange(lambda client: self._kept.call(client, target, args, kwargs))

    def _exchange(self, request: Callable[[SolutionClient], Reply]) -> Any:
        client = self._loaded_client()
        self._depth += 1
        try:
            if not client.tests_are_traceless:
                self._state.send(client)
                self.effects.send(client)
            reply = self._kept.send_changes(client) or self._shared.send_changes(client) or request(client)
        except UnsupportedTypeError as error:
            raise argument_error(error.kind) from None
        except ValueError as error:
            # It is a ValueCodecError, or test code's own `__str__` raised it while the arguments were encoded. If it
            # were passed on, it would satisfy a test that expects the solution to raise ValueError.
            raise RefusedError(f"arguments that cannot be passed: {error}") from None
        finally:
            self._depth -= 1
            pending = self._pending
            if self._depth == 0:
                self._pending = None
        self._forwarder.forward_new(client)
        if self._depth == 0:
            self.effects.receive(client)
        if pending is not None:
            raise pending
        if reply.status is SolutionStatus.RETURNED:
            return reply.value
        raise exceptions.exception_for(reply, self)

    # Names and proxies

    def bind(self, names: dict[str, Any]) -> None:
        """Record the names of an answer that was just loaded."""
        self._forwarder.skip(self._client)
        for name, value in names.items():
            self.bind_name(name, value)

    def bind_name(self, name: str, value: Any) -> Any:
        """Record a name of the solution's module; return the value or proxy that test code gets for it."""
        before: Any = self._by_name.get(name)
        if self._has_ref(before) and self._has_ref(value) and ref_of(before).generation != ref_of(value).generation:
            # The answer was loaded again, in a new process. Variables of test code still hold the old proxy, so that
            # proxy now refers to the object in the new process.
            key = ref_of(value).generation, ref_of(value).key
            ref_of(before).generation, ref_of(before).key = key
            if isinstance(before, ProxyType):
                self.classes.rebind(key, before)
            else:
                identity: Any = ref_of(before).identity
                identity.generation, identity.key = key
                self._objects[key] = identity
                self._proxies[(*key, ref_of(before).origin)] = before
            value = before
        self._by_name[name] = value
        if isinstance(value, ProxyType):
            self.classes.bind_name(name, value)
        elif self.is_proxy(value) and "." in name:
            ref_of(value).name = name  # such as "Class.method": each lookup makes a new method object, so call by path
        return value

    def by_name(self, name: str) -> Any:
        """Return the value or proxy of a name of the solution's module; ``None`` if test code has not asked for it."""
        return self._by_name.get(name)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the solution's module that test code has asked for."""
        return tuple(self._by_name)

    def _has_ref(self, value: Any) -> bool:
        return isinstance(value, ProxyType) or issubclass(type(value), Proxy | RemoteError)

    def is_proxy(self, value: Any) -> bool:
        """Return whether a value stands for an object of the solution."""
        return issubclass(type(value), Proxy)

    def is_known(self, value: Any) -> bool:
        """Return whether the class of an object is known (see `testcases.proxies.trust`)."""
        return self.classes.is_known(type(value))

    def construct(self, kind: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Make an object of a class of the solution."""
        value = self.call(kind, args, kwargs)
        is_object = self.classes.is_constructible(kind) and issubclass(type(value), kind)
        return self.view(value, Origin.CONSTRUCTED) if is_object else value

    def class_attribute(self, kind: Any, name: str) -> Any:
        """Return an attribute of a class; an instance of it may be one of its constants, such as an enum's member."""
        value = self.ask(GET, kind, name)
        is_constant = self.classes.is_constructible(kind) and type(value) is kind
        return self.view(value, Origin.COMPUTED) if is_constant else value

    def view(self, value: Any, origin: Origin) -> Any:
        """Return the proxy that stands for the same object with another origin; in containers, too.

        Objects of a class that test code does not name are never the test's own.
        """
        if self.is_proxy(value):
            ref = ref_of(value)
            if ref.origin is origin or (origin in OF_TEST and not self.is_known(value)):
                return value
            known = self._proxies.get((ref.generation, ref.key, origin))
            if known is not None:
                return known
            return self._new_proxy(type(value), RemoteRef(self, ref.generation, ref.key, origin, ref.identity))
        if type(value) in {list, tuple, set, frozenset}:
            return type(value)(self.view(item, origin) for item in value)
        if type(value) is dict:
            return {self.view(key, origin): self.view(item, origin) for key, item in value.items()}
        return value

    def was_started(self, awaitable: Any) -> bool:
        """Return whether a coroutine runs already; start it if not."""
        key = ref_of(awaitable).key
        if key in self._started:
            self._started.discard(key)
            return True
        self._started.add(key)
        self.ask(START, awaitable)
        return False

    def release(self, released: RemoteObject) -> None:
        """Record that test code has dropped the last proxy of an object, so that the solution may free it."""
        # Runs in __del__, at any point of any code, so it only records. The next request sends it along.
        if released.generation == self._client.generation:
            present = self._objects.get((released.generation, released.key))
            if present is None or present is released:
                self._dropped.add(released.key)

    def dropped(self) -> list[int]:
        """Return the numbers of objects that test code has dropped since the last call."""
        dropped, self._dropped = self._dropped, set()
        return sorted(dropped)

    # Callbacks of the client

    def adopt(self, reference: Any) -> Any:
        """Return the proxy, the class, or test code's own object for a reference that the solution sent."""
        key, of = reference.key, reference.of
        if type(key) is str:
            # A key that is a text refers to this process: to an exported object, or to a harmless class.
            if key.startswith(GLOBAL_KEY):
                name = key.removeprefix(GLOBAL_KEY)
                return self._sent_by_name[name] if name in self._sent_by_name else class_by_name(name)
            return self._exports.by_key(key)
        if of == 0:
            kind = self.classes.proxy_class(key)
            return kind if isinstance(kind, ProxyType) else alias_of(kind)  # an exception of the standard library
        # Handed out, even where test code has constructed the same object: a method that returns ``self`` in the place
        # of a number must not get the trust of the constructor.
        known = self._proxies.get((self._client.generation, key, Origin.HANDED_OUT))
        if known is not None:
            self._dropped.discard(key)
            return known
        kind = self.classes.for_type_name(of) if type(of) is str else self.classes.proxy_class(of)
        # Only after proxy_class: it sends a request, and meanwhile an older proxy of this key may be garbage-collected
        # and recorded as dropped.
        self._dropped.discard(key)
        proxy = self._make_proxy(kind, key)
        member = self.enums.member(kind, self.ask(GET, proxy, "name")) if self.enums.is_known(kind) else None
        return proxy if member is None else member

    def adopt_tuple(self, reference: Any, names: Sequence[str], items: tuple[Any, ...]) -> Any:
        """Return the tuple that test code gets for a named tuple of the solution."""
        kind = self.classes.proxy_class(reference.of) if type(reference.of) is int and reference.of else None
        # The solution reports the fields with each tuple. Test code may know the class, so they must be its fields.
        if kind is None or not issubclass(kind, tuple) or getattr(kind, "_fields", None) != tuple(names):
            kind = make_named_tuple_class(reference.kind, tuple(names), {})
        if kind is None or len(names) != len(items):
            return items
        named_tuple: Any = tuple.__new__(kind, items)
        if type(reference.key) is int:
            named_tuple.__dict__["__ref__"] = self.make_ref(reference.key)
        return named_tuple

    def _make_proxy(self, kind: type, key: int) -> Any:
        if issubclass(kind, BaseException):
            return exceptions.exception_value(self, kind, self.make_ref(key))
        return self._new_proxy(kind if issubclass(kind, Proxy) else Proxy, self.make_ref(key))

    def _new_proxy(self, kind: type, ref: RemoteRef) -> Any:
        proxy: Any = object.__new__(kind)
        object.__setattr__(proxy, "__ref__", ref)
        self._proxies[ref.generation, ref.key, ref.origin] = proxy
        return proxy

    def make_ref(self, key: int) -> RemoteRef:
        """Make a reference to an object of the present process."""
        generation = self._client.generation
        identity = self._objects.get((generation, key))
        if identity is None:
            identity = self._objects[generation, key] = RemoteObject(self, generation, key)
        return RemoteRef(self, generation, key, identity=identity)

    def adopt_all(self, value: Any) -> Any:
        """Return a value with all references in it replaced as `adopt` does."""
        return self._client.callbacks.adopt(value)

    stay = STAY

    def export(self, value: Any) -> Reference | Construction | None:
        """Return what to send for an object: a reference, or a call; ``None`` if the solution may not have it."""
        value = original_of(value)
        ref = self._find_ref(value)  # an object of the solution goes back as itself
        if ref is not None:
            return Reference(self._key_of(value, ref), type(value).__name__)
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return Reference("n", type(value).__name__)
        name = global_name(value)
        if name is not None:
            # A target is only named by this process, and comes back like any object of that process.
            if type(value) is GlobalRef:
                return Reference(f"{GLOBAL_KEY}{name}", "target")
            if not (isinstance(value, type) and issubclass(value, BaseException)):  # those come back as aliases
                self._sent_by_name[name] = value
            return Reference(f"{GLOBAL_KEY}{name}", "global", callable(value))
        made = self.enums.reference_to(value) or construction_of(value)
        if made is not None:
            return made
        owner = getattr(value, "__self__", None) if type(value) is MethodType else None
        if type(value) is FunctionType:
            owner = vars(value).get("__solution_class__")
        if self._has_ref(owner):  # a method of the solution's own object
            return Construction(GlobalRef("builtins:getattr"), (owner, value.__name__), {})
        abilities = abilities_of(value)
        if abilities is None:
            return None
        facts = f" {function_facts(value)}" if type(value) is FunctionType else ""
        name = getattr(value, "__name__", None)
        kind = name if type(name) is str else type(value).__name__  # a `__getattr__` may return anything
        return Reference(self._exports.key_of(value), kind, callable(value), abilities + facts)

    def _find_ref(self, value: Any) -> RemoteRef | None:
        if isinstance(value, ProxyType):
            ref = vars(value).get("__class_ref__")
        elif issubclass(type(value), Proxy):
            return ref_of(value)
        else:
            ref = getattr(value, "__dict__", {}).get("__ref__") if isinstance(type(value), ProxyType) else None
        return ref if isinstance(ref, RemoteRef) else None

    def _key_of(self, value: Any, ref: RemoteRef) -> int:
        generation = self._client.generation
        if ref.generation != generation and value in self.classes.derived:
            self.classes.make(value)
            ref = ref_of(value)
        if ref.generation != generation:
            raise SolutionLostError(Verdict.CRASHED, "it is gone with its process")
        return ref.key

    def serve(self, verb: str, fields: list[Any]) -> Any:
        """Perform a request of the solution on an exported object."""
        try:
            return self._exports.serve(verb, fields)
        finally:
            self._kept.send_changes(self._client)

    def hand_out(self, value: Any) -> int | None:
        """Remember the containers in an attribute that the solution has read, and return their number."""
        return self._exports.hand_out(value)

    def take_changes(self, number: int, changes: list[Any], count: int) -> bool:
        """Change those containers, or arguments, as the solution has changed its copies."""
        take = self._kept.take_changes if number < 0 else self._exports.take_changes
        return take(number, changes, count, self.adopt_all)

    def report(self, error: BaseException) -> ExceptionFields:
        """Describe an exception of `serve` to the solution."""
        may_be_caught = isinstance(error, Exception | SystemExit) and not isinstance(error, AssertionError)
        # A failed assertion in a callback fails the test, and so do errors that must end the test (a refusal, the
        # watchdog). An answer must not pass by catching them, so they are raised again when its call returns.
        if not may_be_caught and not is_from_solution(error):
            self._pending = error
        own: Any = error if self._find_ref(error) is not None else self._exports.key_of(error)
        return exceptions.fields_of(error, own)


if TYPE_CHECKING:
    _SESSION: type[Session] = ProxyHost
