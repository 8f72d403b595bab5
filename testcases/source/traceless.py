"""Recognize test code that can leave no trace in the process that runs it.

Such code may run in a process that serves other answers, too. All other code runs in a process of its own. So this is a
closed grammar and no search for suspects: what it does not list leaves traces.

Code of the grammar can reach nothing but its own variables, plain data, the solution under test, and the functions
below, none of which changes anything but its arguments. It stores into names, and into items of objects that these
lead to. It defines no classes, since those register with their bases; catches nothing; and takes attributes only by the
names below, none of which leads to a module, a frame or a class.
"""

from __future__ import annotations

import ast
import builtins
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from testcases.source.parsing import try_parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["MODULES", "is_traceless"]

_BUILTIN_NAMES: Final = """
    abs all any bin bool bytes chr complex dict divmod enumerate filter float frozenset hash hex int isinstance iter len
    list map max min next oct ord pow range repr reversed round set slice sorted str sum tuple zip
"""
_BUILTINS: Final = frozenset(_BUILTIN_NAMES.split())
_METHOD_NAMES: Final = """
    add append as_integer_ratio bit_count bit_length capitalize casefold center clear conjugate copy count decode
    denominator difference discard encode endswith expandtabs extend find fromkeys get hex imag index insert
    intersection is_integer isalnum isalpha isascii isdecimal isdigit isdisjoint isidentifier islower isnumeric
    isprintable isspace issubset issuperset istitle isupper items join keys ljust lower lstrip most_common numerator
    partition pop popitem popleft real remove removeprefix removesuffix replace reverse rfind rindex rjust rotate
    rpartition rsplit rstrip setdefault sort split splitlines startswith strip swapcase symmetric_difference title
    translate union update upper values zfill
"""
_METHODS: Final = frozenset(_METHOD_NAMES.split())
"""Attributes of numbers, texts and containers. The solution's objects may have them, too: that runs in its process."""

_ITERTOOLS_NAMES: Final = """
    accumulate chain combinations combinations_with_replacement count cycle islice pairwise permutations product
    repeat starmap zip_longest
"""
_MATH_NAMES: Final = """
    acos acosh asin asinh atan atan2 atanh cbrt ceil comb copysign cos cosh degrees dist e erf erfc exp exp2 expm1
    fabs factorial floor fmod frexp fsum gamma gcd hypot inf isclose isfinite isinf isnan isqrt lcm ldexp lgamma log
    log10 log1p log2 modf nan nextafter perm pi pow prod radians remainder sin sinh sqrt tan tanh tau trunc ulp
"""
_STRING_NAMES: Final = """
    ascii_letters ascii_lowercase ascii_uppercase digits hexdigits octdigits printable punctuation whitespace
"""
_TYPING_NAMES: Final = """
    AbstractSet Any Callable Collection Container DefaultDict Deque Dict Final FrozenSet Generator Hashable Iterable
    Iterator List Literal Mapping MutableMapping MutableSequence MutableSet NoReturn Optional Reversible Sequence
    Set Sized Text Tuple Type Union
"""
MODULES: Final[Mapping[str, frozenset[str]]] = {
    "__future__": frozenset({"annotations"}),
    "collections": frozenset({"Counter", "OrderedDict", "defaultdict", "deque"}),
    "itertools": frozenset(_ITERTOOLS_NAMES.split()),
    "math": frozenset(_MATH_NAMES.split()),
    "string": frozenset(_STRING_NAMES.split()),
    "typing": frozenset(_TYPING_NAMES.split()),
}
"""Names that may be used of each module. The zygote has loaded these modules, so an import runs nothing."""

_ALL_BUILTINS: Final = frozenset(vars(builtins))
_PLAIN_NODES: Final = frozenset({
    ast.Module, ast.Assert, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr, ast.Return, ast.If, ast.For, ast.While,
    ast.Pass, ast.Break, ast.Continue, ast.BoolOp, ast.BinOp, ast.UnaryOp, ast.Compare, ast.IfExp, ast.NamedExpr,
    ast.List, ast.Tuple, ast.Set, ast.Dict, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp,
    ast.comprehension, ast.Subscript, ast.Slice, ast.Starred, ast.JoinedStr, ast.FormattedValue, ast.arguments, ast.arg,
    ast.keyword, ast.alias, ast.Constant,
    *(kind for group in (ast.boolop, ast.operator, ast.unaryop, ast.cmpop) for kind in group.__subclasses__()),
})  # fmt: skip
"""Nodes that are allowed wherever they stand, if their parts are."""
_SKIPPED_NODES: Final = (ast.Constant, ast.expr_context)


def is_traceless(sources: Iterable[str]) -> bool:
    """Return whether sources that run in one namespace are all of the grammar."""
    return _is_traceless(tuple(dict.fromkeys(source for source in sources if source)))


@lru_cache(maxsize=1024)
def _is_traceless(sources: tuple[str, ...]) -> bool:
    trees = [tree for tree in map(try_parse, sources) if tree is not None]
    if len(trees) < len(sources):
        return False
    nodes = [node for tree in trees for node in _walk(tree)]
    modules = {
        alias.asname or alias.name: alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names
    }
    # A module is only ever used as `module.name`. So the names of these, which are looked at with the attribute, are
    # the only ones of a module that are left.
    owners = {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}
    types = {id(node.func) for node in nodes if isinstance(node, ast.Call) and _is_call_of_type(node)}
    return all(
        type(node) in _PLAIN_NODES or id(node) in types or _is_allowed(node, modules, is_owner=id(node) in owners)
        for node in nodes
    )


def _walk(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield the nodes of `ast.walk` without constants and contexts.

    It takes less than half the time, and every new problem waits for it.
    """
    waiting: list[ast.AST] = [tree]
    for node in waiting:
        yield node
        for value in vars(node).values():
            if type(value) is list:
                waiting += [item for item in value if isinstance(item, ast.AST)]
            elif isinstance(value, ast.AST) and not isinstance(value, _SKIPPED_NODES):
                waiting.append(value)


def _is_allowed(node: ast.AST, modules: Mapping[str, str], *, is_owner: bool) -> bool:
    """Return whether a node is of the grammar, its parts aside.

    Args:
        node: the node.
        modules: modules that are imported, by the names they have.
        is_owner: whether it is what an attribute is taken of.
    """
    match node:
        case ast.Name(id=name):
            return _is_allowed_name(name) and (is_owner or name not in modules)
        case ast.Attribute(value=ast.Name(id=name), attr=attribute, ctx=ast.Load()) if name in modules:
            return attribute in MODULES.get(modules[name], ())
        case ast.Attribute(attr=attribute, ctx=ast.Load()):
            return attribute in _METHODS
        case ast.Call(func=ast.Name() | ast.Attribute()):
            return True
        case ast.FunctionDef(name=name, decorator_list=[]):
            return _is_allowed_name(name)
        case ast.Import(names=names):
            return all(alias.name in MODULES and _is_allowed_name(alias.asname or "") for alias in names)
        case ast.ImportFrom(module=str(module), names=names, level=0):
            known = MODULES.get(module, frozenset())
            return all(alias.name in known and _is_allowed_name(alias.asname or "") for alias in names)
        case _:
            return False


def _is_allowed_name(name: str) -> bool:
    """Return whether a name may be used: no other builtin, and none of those by which test code finds our own."""
    return not name.startswith("__") and (name in _BUILTINS or name not in _ALL_BUILTINS)


def _is_call_of_type(node: ast.Call) -> bool:
    """Return whether a node asks for the type of one object; three arguments would make a class."""
    match node:
        case ast.Call(func=ast.Name(id="type"), args=[argument], keywords=[]):
            return not isinstance(argument, ast.Starred)
    return False
