"""The reader of the template, compared with a real one."""

from __future__ import annotations

import itertools

from tests.aws.template_values import Values, read_template
from tests.grader.tools.deploy.acting import TEMPLATE

DOCUMENT = read_template(TEMPLATE.text)


def test_parameters_are_read_as_a_parser_reads_them() -> None:
    assert list(TEMPLATE.parameters) == list(DOCUMENT["Parameters"])
    for name, one in DOCUMENT["Parameters"].items():
        found = TEMPLATE.parameters[name]
        assert (found.kind, found.description) == (one["Type"], one["Description"])
        assert found.default == (str(one["Default"]) if "Default" in one else None)
        assert found.pattern == one.get("AllowedPattern")
        assert found.allowed == tuple(map(str, one.get("AllowedValues", ())))
        limits = (one.get("MinValue"), one.get("MaxValue"), one.get("MaxLength"))
        assert (found.minimum, found.maximum, found.max_length) == limits


def test_every_condition_is_evaluated_as_cloudformation_does() -> None:
    words = {"ProvisionedConcurrency": ("0", "5"), "Tracing": ("PassThrough", "Active"), "SubnetIds": ("", "a,b")}
    for name, parameter in TEMPLATE.parameters.items():
        for value in words.get(name, (parameter.default or "", "x")):
            for image in ("", "x"):
                values = {**TEMPLATE.defaults(), "ImageUri": image, name: value}
                evaluated = Values(DOCUMENT, values)
                for condition in DOCUMENT["Conditions"]:
                    assert TEMPLATE.holds(condition, values) == evaluated.holds(condition), (condition, name, value)


def test_resources_stand_by_their_conditions() -> None:
    assert {name: (one.kind, one.condition) for name, one in TEMPLATE.resources.items()} == {
        name: (one["Type"], one.get("Condition")) for name, one in DOCUMENT["Resources"].items()
    }
    names = ("ImageUri", "RepositoryName", "RoleArn", "Invoker")
    for given in itertools.product(("", "x"), repeat=len(names)):
        values = TEMPLATE.defaults() | dict(zip(names, given, strict=True))
        evaluated = Values(DOCUMENT, values)
        expected = [name for name, one in DOCUMENT["Resources"].items() if evaluated.holds(one["Condition"])]
        assert [one.name for one in TEMPLATE.standing(values)] == expected


def test_it_is_small_enough_to_be_sent_as_it_is() -> None:
    # TemplateBody in CreateChangeSet of the AWS CloudFormation API Reference: at most 51,200 bytes
    assert len(TEMPLATE.text.encode()) < 51_200
