"""Tables of the attack suite: cases by kind, and those that do not hold."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.console import Group
from rich.text import Text

from grader.text import one_line
from grader.tools.attacks.cases import attack_kinds
from grader.tools.report.tables import new_table, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from grader.tools.attacks.run import CaseResult

__all__ = ["case_tables"]


def case_tables(results: Sequence[CaseResult]) -> Group:
    """Make the tables of cases by kind, and of cases that do not hold."""
    table = new_table("Attacks with tests of their own", "kind", "description", "held", "of", numbers=2)
    total = Counter(result.case.kind for result in results)
    held = Counter(result.case.kind for result in results if result.held)
    for kind, description in attack_kinds().items():
        if total[kind]:
            style = "green" if held[kind] == total[kind] else "bold red"
            table.add_row(plain(kind), plain(description), Text(str(held[kind]), style=style), str(total[kind]))
    parts: list[RenderableType] = [Text(), table]
    failures = new_table("Cases that do not hold", "kind", "case", "detail")
    for result in results:
        if not result.held:
            failures.add_row(plain(result.case.kind), plain(result.case.name), plain(one_line(result.shortfall)))
    if len(failures.rows):
        parts += [Text(), failures]
    return Group(*parts)
