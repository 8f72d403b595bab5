"""The tables of docs/security.md, written between two markers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.conformance.attacks import CONTROL

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from benchmarks.security.findings import Findings, PeerFindings, TierFindings

__all__ = ["BEGIN", "END", "replaced", "tables"]

BEGIN = "<!-- made by `make security`: -->"
END = "<!-- until here -->"
_NOT_TRIED = "-"
_REACH = "reach"
"""The family whose members are right when they pass: what they got at is the failure."""
_OTHER_DESCRIPTIONS = {"proc": "Other processes, by way of `/proc` and ptrace."}
"""Of families that are not among the bundled ones."""


def replaced(page: str, tables: str) -> str:
    """The page with new tables between its markers.

    Raises:
        ValueError: it lacks the markers.
    """
    before, found, rest = page.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not found or not ended:
        raise ValueError(f"the page has no {BEGIN} with {END} after it")
    return f"{before}{BEGIN}\n\n{tables.strip()}\n\n{END}{after}"


def tables(found: Findings) -> str:
    """What was found, as Markdown."""
    names = sorted({family for box in _boxes(found) for family in box.families} - {CONTROL})
    parts = [_preface(found), _own(found, [*names, CONTROL])]
    if found.peers:
        parts.append(_peers(found, names))
    return "\n\n".join(parts)


def _preface(found: Findings) -> str:
    collected = f" and {found.collected} of a collection beside the checkout" if found.collected else ""
    return (
        f"{found.bundled} bundled answers{collected}; Python {found.python}, Linux {found.kernel}. "
        "Each is graded with the tests as calls, as assertions and as a check function, with the static policy off."
    )


def _own(found: Findings, names: Sequence[str]) -> str:
    boxes = _boxes(found)
    heads = [f"`{box.tier}`" for box in found.tiers]
    if found.lambda_like is not None:
        heads.append("Lambda-like box")
    descriptions = {**found.descriptions, **_OTHER_DESCRIPTIONS}
    rows = [
        [f"`{name}`", _first_sentence(descriptions.get(name, "")), *(_share(box, name) for box in boxes)]
        for name in names
    ]
    rows.append(["processes left afterwards", "", *(_NOT_TRIED if box.missing else str(box.left) for box in boxes)])
    told = [f"- Not held in {_place(box, found)}: {one}" for box in boxes for one in box.not_held]
    told += [f"- No {_place(box, found)} on this host: {box.missing}" for box in boxes if box.missing]
    table = _table(["family", "what it tries", *heads], rows)
    return "\n\n".join([table, "\n".join(told)]) if told else table


def _peers(found: Findings, names: Sequence[str]) -> str:
    best = next((box for box in reversed(found.tiers) if not box.missing), None)
    wrong = [name for name in names if name != _REACH]
    own = [
        _fooled(best, wrong),
        _fooled(best, [_REACH]),
        _refused(best),
        "0" if best is None else str(best.left),
        "0",
        "0",
    ]
    measures = [
        "wrong answers that passed",
        "answers that got at what they must not",
        "right answers that did not",
        "processes left behind",
        "answers after which it hung",
        "answers that ended it",
    ]
    rows = [
        [measure, own[place], *(_measured(peer, wrong)[place] for peer in found.peers)]
        for place, measure in enumerate(measures)
    ]
    rows += [
        [f"`{name}`", _fooled(best, [name]), *(_passed(peer, [name]) for peer in found.peers)]
        for name in wrong
        if any(name in peer.families for peer in found.peers)
    ]
    heads = ["", "this grader", *(f"{peer.name} {peer.version}" for peer in found.peers)]
    told = [
        f"- Right, and refused by {peer.name}: the control that {name.partition(', ')[2]}"
        for peer in found.peers
        for name in peer.fooled_by
        if name.startswith(f"{CONTROL}, ")
    ]
    return "\n\n".join([_table(heads, rows), "\n".join(told)]) if told else _table(heads, rows)


def _measured(peer: PeerFindings, names: Sequence[str]) -> list[str]:
    passed, of = peer.families.get(CONTROL, (0, 0))
    left = f"{peer.left}, by {peer.leavers} answers" if peer.left else "0"
    return [
        _passed(peer, names),
        _passed(peer, [_REACH]),
        f"{of - passed} of {of}",
        left,
        str(peer.hung),
        str(peer.died),
    ]


def _passed(peer: PeerFindings, names: Iterable[str]) -> str:
    pairs = [peer.families[name] for name in names if name in peer.families]
    return f"{sum(passed for passed, _ in pairs)} of {sum(of for _, of in pairs)}"


def _fooled(box: TierFindings | None, names: Iterable[str]) -> str:
    if box is None:
        return _NOT_TRIED
    pairs = [box.families[name] for name in names if name in box.families]
    return f"{sum(of - held for held, of in pairs)} of {sum(of for _, of in pairs)}"


def _refused(box: TierFindings | None) -> str:
    return _fooled(box, [CONTROL])


def _share(box: TierFindings, family: str) -> str:
    if family not in box.families:
        return _NOT_TRIED
    held, tried = box.families[family]
    return f"{held} of {tried}" if held == tried else f"**{held} of {tried}**"


def _boxes(found: Findings) -> list[TierFindings]:
    return [*found.tiers, *([] if found.lambda_like is None else [found.lambda_like])]


def _place(box: TierFindings, found: Findings) -> str:
    return "the Lambda-like box" if box is found.lambda_like else f"tier `{box.tier}`"


def _first_sentence(text: str) -> str:
    return text.partition(". ")[0].rstrip(".")


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines: list[Sequence[str]] = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)
