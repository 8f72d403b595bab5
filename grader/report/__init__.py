"""Reports for people and for machines: of a run, of one grade, of the host."""

from grader.report.conformance import conformance_tables
from grader.report.explanation import Explanation
from grader.report.printable import json_line, one_line, printable
from grader.report.summary import Summary
from grader.report.tables import grades_table, host_table, summary_tables

__all__ = [
    "Explanation",
    "Summary",
    "conformance_tables",
    "grades_table",
    "host_table",
    "json_line",
    "one_line",
    "printable",
    "summary_tables",
]
