"""Write the tables of docs/security.md between two markers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.conformance.attacks import CONTROL

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from benchmarks.security.findings import Findings, PeerFindings, TierFindings

__all__ = ["BEGIN", "END", "TRUST_BEGIN", "replace_tables", "tables"]

BEGIN = "<!-- made by `make security`: -->"
END = "<!-- until here -->"
TRUST_BEGIN = "<!-- the table of trust, made by `make trust`: -->"
_NOT_TRIED = "-"
_REACH = "reach"
"""Family whose answers return the right value, but by using something that they must not be able to reach."""
_OTHER_DESCRIPTIONS = {"proc": "Accessing other processes, through `/proc` and ptrace."}
"""Descriptions of families whose members are partly not bundled."""


def replace_tables(page: str, tables: str, *, begin: str = BEGIN) -> str:
    """Return a page with new tables between a marker and `END`.

    Raises:
        ValueError: the page lacks the markers.
    """
    before, found, rest = page.partition(begin)
    _, end, after = rest.partition(END)
    if not found or not end:
        raise ValueError(f"the page has no {begin} with {END} after it")
    return f"{before}{begin}\n\n{tables.strip()}\n\n{END}{after}"


def tables(findings: Findings) -> str:
    """Make Markdown tables of the results."""
    names = sorted({family for box in _boxes(findings) for family in box.families} - {CONTROL})
    parts = [_preface(findings), _own(findings, [*names, CONTROL])]
    if findings.peers:
        parts.append(_peers(findings, names))
    return "\n\n".join(parts)


def _preface(findings: Findings) -> str:
    collected = f" and {findings.collected} of a collection beside the checkout" if findings.collected else ""
    return (
        f"{findings.bundled} bundled answers{collected}; Python {findings.python}, Linux {findings.kernel}. "
        "Each is graded with tests as calls, as assertions and as a check function, with the static policy off."
    )


def _own(findings: Findings, names: Sequence[str]) -> str:
    boxes = _boxes(findings)
    heads = [f"`{box.tier}`" for box in findings.tiers]
    if findings.lambda_like is not None:
        heads.append("Lambda-like container")
    descriptions = {**findings.descriptions, **_OTHER_DESCRIPTIONS}
    rows = [
        [f"`{name}`", _first_sentence(descriptions.get(name, "")), *(_share(box, name) for box in boxes)]
        for name in names
    ]
    rows.append(["processes left behind", "", *(_NOT_TRIED if box.missing else str(box.left) for box in boxes)])
    notes = [f"- Not stopped in {_location(box, findings)}: {one}" for box in boxes for one in box.not_held]
    notes += [
        f"- {_location(box, findings)} is not available on this host: {box.missing}" for box in boxes if box.missing
    ]
    table = _table(["family", "description", *heads], rows)
    return "\n\n".join([table, "\n".join(notes)]) if notes else table


def _peers(findings: Findings, names: Sequence[str]) -> str:
    best = next((box for box in reversed(findings.tiers) if not box.missing), None)
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
        "answers that reached what they must not",
        "right answers that failed",
        "processes left behind",
        "answers after which the grader hung",
        "answers that crashed the grader",
    ]
    rows = [
        [measure, own[index], *(_measured(peer, wrong)[index] for peer in findings.peers)]
        for index, measure in enumerate(measures)
    ]
    rows += [
        [f"`{name}`", _fooled(best, [name]), *(_passed(peer, [name]) for peer in findings.peers)]
        for name in wrong
        if any(name in peer.families for peer in findings.peers)
    ]
    heads = ["", "this grader", *(f"{peer.name} {peer.version}" for peer in findings.peers)]
    notes = [
        f"- Right answer that failed in {peer.name}: the control that {name.partition(', ')[2]}"
        for peer in findings.peers
        for name in peer.fooled_by
        if name.startswith(f"{CONTROL}, ")
    ]
    return "\n\n".join([_table(heads, rows), "\n".join(notes)]) if notes else _table(heads, rows)


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


def _boxes(findings: Findings) -> list[TierFindings]:
    return [*findings.tiers, *([] if findings.lambda_like is None else [findings.lambda_like])]


def _location(box: TierFindings, findings: Findings) -> str:
    return "the Lambda-like container" if box is findings.lambda_like else f"tier `{box.tier}`"


def _first_sentence(text: str) -> str:
    return text.partition(". ")[0].rstrip(".")


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines: list[Sequence[str]] = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)
