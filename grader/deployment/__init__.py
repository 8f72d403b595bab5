"""The grader as a Lambda function of your account, made and removed without SAM.

What is to be there is a list of resources (`plan`). Each looks at what there is and yields the acts that are missing,
so that a first deployment, one that changes nothing, a dry run and a removal all come from one description.
"""

from grader.deployment.carrier import Carrier, Step
from grader.deployment.plan import plan_for, removal_of
from grader.deployment.settings import DEFAULT_NAME, Deployment, architecture_here
from grader.deployment.warm_up import warm_up

__all__ = [
    "DEFAULT_NAME",
    "Carrier",
    "Deployment",
    "Step",
    "architecture_here",
    "plan_for",
    "removal_of",
    "warm_up",
]
