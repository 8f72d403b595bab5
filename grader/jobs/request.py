"""One call that starts or registers something, checked before it is made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from grader.cloud import explained
from grader.errors import ConfigError
from grader.jobs.limits import violations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from grader.cloud import Cloud

__all__ = ["Request"]


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of AWS."""

    service: str
    operation: str
    parameters: Mapping[str, Any]
    about: str
    """What it is about, for people: errors begin with it."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Where parameters come from, for people: the path of a parameter, and the key of the file."""

    def check(self, cloud: Cloud) -> None:
        """Hold the parameters against the service's own description; sends nothing.

        Raises:
            ConfigError: the service would refuse it; names the key, and all others that are wrong.
        """
        client = cloud.client(self.service)
        with explained(self.about):
            name = client.meta.method_to_api_mapping[self.operation]
            shape = client.meta.service_model.operation_model(name).input_shape
        found = [f"{self._key(path)}: {said}" for path, said in violations(shape, self.parameters)]
        if found:
            raise ConfigError(f"{self.about}: {'; '.join(found)}")

    def send(self, cloud: Cloud) -> Any:
        """Make the call; what AWS answers.

        Raises:
            ConfigError: as `check`, and nothing was sent.
            CloudRequestError, CloudError: AWS refuses, or cannot be reached.
        """
        self.check(cloud)
        return cloud.call(self.service, self.operation, self.about, **self.parameters)

    def as_dict(self) -> dict[str, Any]:
        """For people and programs."""
        return {"service": self.service, "operation": self.operation, "parameters": dict(self.parameters)}

    def _key(self, path: str) -> str:
        for ours, theirs in sorted(self.keys.items(), key=lambda pair: -len(pair[0])):
            if path == ours or path.startswith((f"{ours}.", f"{ours}[")):
                return f"{theirs}{path[len(ours) :]}"
        return path
