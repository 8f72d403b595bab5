"""What grading will take: measured on a user's own samples, reckoned for Lambda."""

from grader.planning.measure import measure
from grader.planning.plan import Demand, Plan, make_plan
from grader.planning.prices import Prices, prices_of
from grader.planning.profile import Profile, read_profile
from grader.planning.tables import plan_tables

__all__ = [
    "Demand",
    "Plan",
    "Prices",
    "Profile",
    "make_plan",
    "measure",
    "plan_tables",
    "prices_of",
    "read_profile",
]
