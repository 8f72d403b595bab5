"""``make trust``: write the table of trust from the code into docs/security.md."""

from __future__ import annotations

from pathlib import Path

from benchmarks.security.page import TRUST_BEGIN, replace_tables
from testcases.proxies.trust_table import as_markdown

__all__ = ["PAGE", "with_table_of_trust"]

PAGE = Path(__file__).parents[2] / "docs" / "security.md"


def with_table_of_trust(page: str) -> str:
    """Return the page with the present table."""
    return replace_tables(page, as_markdown(), begin=TRUST_BEGIN)


if __name__ == "__main__":
    PAGE.write_text(with_table_of_trust(PAGE.read_text("utf-8")), "utf-8")
