"""The table of trust in docs/security.md."""

from __future__ import annotations

from benchmarks.security.trust import PAGE, with_table_of_trust


def test_the_page_has_the_table_that_the_code_decides_by() -> None:
    """``make trust`` writes it."""
    page = PAGE.read_text("utf-8")
    assert with_table_of_trust(page) == page
