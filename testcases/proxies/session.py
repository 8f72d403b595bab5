"""The session with one solution, as proxies use it, and the reference that each proxy holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from testcases.proxies.trust_table import Origin

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Asking", "ClassTable", "RemoteObject", "RemoteRef", "Session", "ref_of"]


class Asking(Protocol):
    """Sends requests to the solution's process."""

    @property
    def asked_count(self) -> int:
        """Number of requests so far by which test code used the solution; looking up a name is none yet."""

    def ask(self, verb: str, *fields: Any) -> Any:
        """Send a request of `sandbox.wire.protocol` and return its value.

        Raises:
            Exception: what the solution raised.
            SolutionLostError: its process is gone.
            RefusedError: an argument can neither cross nor be exported.
        """

    def call(self, target: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Call something in the solution's process; mutable arguments are updated to what the call made of them."""


class ClassTable(Protocol):
    """The classes of proxies."""

    def proxy_class(self, key: int) -> type:
        """Return the class of proxies for a class of the solution."""

    def for_builtin(self, kind: type) -> type:
        """Return the base of proxies for objects whose class derives from a built-in one."""

    def derive(self, kind: type, namespace: dict[str, Any], options: dict[str, Any]) -> None:
        """Make a class that test code has derived also in the solution's process."""

    def is_derived(self, kind: type) -> bool:
        """Return whether test code has derived a class."""

    def is_constructible(self, kind: type) -> bool:
        """Return whether objects of a class are made by the test when test code calls it."""


class Session(Asking, Protocol):
    """The solution as its proxies use it; `testcases.proxies.host.ProxyHost` is one."""

    @property
    def change_count(self) -> int:
        """Number of requests so far that may have changed an object, and of changes by test code that may have."""

    @property
    def mutation_count(self) -> int:
        """As `change_count`, without those that only read: attributes, items, iteration."""

    @property
    def classes(self) -> ClassTable:
        """The classes of proxies."""

    def is_proxy(self, value: Any) -> bool:
        """Return whether a value stands for an object of the solution."""

    def is_known(self, value: Any) -> bool:
        """Return whether the class of an object is known (see `testcases.proxies.trust`)."""

    def view(self, value: Any, origin: Origin) -> Any:
        """Return the proxy that stands for the same object with another origin; in containers, too."""

    def construct(self, kind: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Make an object of a class of the solution."""

    def class_attribute(self, kind: Any, name: str) -> Any:
        """Return an attribute of a class of the solution."""

    def release(self, released: RemoteObject) -> None:
        """Record that test code has dropped the last proxy of an object, so that the solution may free it."""

    def was_started(self, awaitable: Any) -> bool:
        """Return whether a coroutine runs already; start it if not."""

    def make_ref(self, key: int) -> RemoteRef:
        """Make a reference to an object of the present process."""

    def adopt(self, reference: Any) -> Any:
        """Return the proxy, the class, or test code's own object for a reference that the solution sent."""

    def adopt_all(self, value: Any) -> Any:
        """Return a value with all references in it replaced as `adopt` does."""


class RemoteObject:
    """An object in the solution's process, which may free it once no proxy is left."""

    __slots__ = ("__weakref__", "empty_at", "filled_at", "generation", "key", "session")

    def __init__(self, session: Session, generation: int, key: int) -> None:
        self.session = session
        self.generation = generation
        self.key = key
        self.filled_at, self.empty_at = -1, -2
        """The session's `mutation_count` when the object last claimed to have items, and when it last had none."""

    def __del__(self) -> None:
        # May run in any thread and in the middle of a request, so it must not send anything.
        self.session.release(self)


class RemoteRef:
    """A reference to an object in the solution's process, or to a class, which is never freed."""

    __slots__ = (
        "change_count", "conversions", "generation", "identity", "is_ambiguous", "key", "name", "number", "origin",
        "session",
    )  # fmt: skip

    def __init__(
        self,
        session: Session,
        generation: int,
        key: int,
        origin: Origin = Origin.HANDED_OUT,
        identity: RemoteObject | None = None,
    ) -> None:
        self.session = session
        self.generation = generation
        self.key = key
        self.name: str | None = None
        """Name in the solution's module by which the object is found again in another process."""
        self.origin = origin
        """Maker of the object, as far as this proxy goes: the same object may also have been handed out by another."""
        self.identity = identity
        """The same for all proxies of one object; ``None`` for a class."""
        self.number: int | float | complex | None = None
        """Number that this process has calculated, for an object that is a difference."""
        self.is_ambiguous = False
        """True if the object came of several operators, so that it is no one number."""
        self.conversions: dict[tuple[Any, ...], tuple[Any, Exception | None]] = {}
        """Cached results of conversions (`testcases.proxies.observations`)."""
        self.change_count = 0
        """The session's `change_count` when `conversions` was filled."""


def ref_of(proxy: Any) -> RemoteRef:
    """Return the reference that a proxy, or a class of proxies, holds."""
    # type() is asked, not isinstance(): a proxy may define `__class__`, and does for iterators and functions.
    if issubclass(type(proxy), type):
        ref: RemoteRef = vars(proxy)["__class_ref__"]
    else:
        ref = object.__getattribute__(proxy, "__ref__")
    return ref
