"""Parameters of a template, checked as CloudFormation checks them."""

from __future__ import annotations

import re
from typing import Any

from moto.cloudformation.exceptions import ValidationError

from tests.aws.template_values import Values

__all__ = ["check_parameters"]


def check_parameters(template: dict[str, Any], given: list[dict[str, Any]], standing: dict[str, str]) -> dict[str, str]:
    """Return the values of all parameters.

    Raises:
        ValidationError: a parameter is missing or has a value that the template does not allow, or a rule fails.
    """
    declared = template["Parameters"]
    values = {name: str(one["Default"]) for name, one in declared.items() if "Default" in one}
    for one in given:
        name = one["ParameterKey"]
        if name not in declared:
            _refuse(f"Parameters: [{name}] do not exist in the template")
        if one.get("UsePreviousValue"):
            if "ParameterValue" in one or name not in standing:
                _refuse(f"Invalid input for parameter key {name}. Cannot specify usePreviousValue")
            values[name] = standing[name]
        else:
            values[name] = one["ParameterValue"]
    for name, one in declared.items():
        if name not in values:
            _refuse(f"Parameters: [{name}] must have values")
        _check(name, one, values[name])
    _check_rules(template, values)
    return values


def _check_rules(template: dict[str, Any], values: dict[str, str]) -> None:
    evaluated = Values(template, values)
    for rule in template.get("Rules", {}).values():
        if "RuleCondition" not in rule or evaluated.holds(rule["RuleCondition"]):
            for assertion in rule["Assertions"]:
                if not evaluated.holds(assertion["Assert"]):
                    _refuse(f"Template error: {assertion['AssertDescription']}")


def _check(name: str, declared: dict[str, Any], value: str) -> None:
    if "AllowedValues" in declared and value not in map(str, declared["AllowedValues"]):
        _refuse(f"Parameter '{name}' must be one of AllowedValues")
    if declared["Type"] == "Number" and not declared.get("MinValue", 0) <= float(value) <= declared.get(
        "MaxValue", 1e9
    ):
        _refuse(f"Parameter '{name}' must be a number not less than {declared.get('MinValue')}")
    if len(value) > declared.get("MaxLength", 4096):
        _refuse(f"Parameter '{name}' must contain at most {declared['MaxLength']} characters")
    if "AllowedPattern" in declared and not re.fullmatch(declared["AllowedPattern"], value):
        _refuse(f"Parameter {name} failed to satisfy constraint: must match pattern {declared['AllowedPattern']}")


def _refuse(message: str) -> None:
    raise ValidationError("", message)
