"""Clients of AWS services, and calls by them."""

from __future__ import annotations

import os
import threading
from typing import Any, Final

from grader.aws.errors import translated_errors
from grader.errors import CloudRequestError, NothingThereError

__all__ = ["AwsSession"]

_MAX_ATTEMPTS: Final = 4
_DEFAULTS: Final[dict[str, Any]] = {
    "connect_timeout": 5.0,
    "read_timeout": 60.0,
    "user_agent_extra": "rlvr-code-grader",
}


class AwsSession:
    """One account in one region, as the ordinary client finds them. For use from several threads.

    Endpoints (``AWS_ENDPOINT_URL``, ``AWS_ENDPOINT_URL_LAMBDA``, ...), credentials and certificates are those that the
    client finds by itself (AWS SDKs and Tools Reference Guide). It is imported when the first client is wanted.

    Args:
        profile: a profile of the client's configuration; ``None`` is the default.
        region: such as ``us-east-1``; ``None`` is AWS_REGION, else what the client finds by itself.
        attempts: how often a call is made that fails in a way that may pass.
    """

    def __init__(self, *, profile: str | None = None, region: str | None = None, attempts: int = _MAX_ATTEMPTS) -> None:
        self._retries = {"mode": "standard", "total_max_attempts": attempts}
        self._profile = profile
        self._region = region
        self._session: Any = None
        self._clients: dict[str, Any] = {}
        self._account: str | None = None
        self._making = threading.RLock()

    def client(self, service: str, **settings: Any) -> Any:
        """The client of a service, the same for the same settings.

        Its own errors are botocore's: wrap calls in `grader.aws.errors.translated_errors`, or make them by `call`.

        Args:
            service: as boto3 names it.
            settings: of `botocore.config.Config`, such as ``max_pool_connections``; those not given are: 5 s
                to connect, 60 s of silence, and the attempts of the constructor.

        Raises:
            CloudRequestError: there is no region, no such profile, or a configuration file is broken.
        """
        key = f"{service} {sorted(settings.items())}"
        with self._making:
            if key not in self._clients:
                with translated_errors(f"the client of {service}"):
                    from botocore.config import Config  # noqa: PLC0415 - slow to import

                    config = Config(**{"retries": self._retries, **_DEFAULTS, **settings})
                    self._clients[key] = self._ready().client(service, config=config)
            return self._clients[key]

    def call(self, service: str, operation: str, about: str, /, **parameters: Any) -> Any:
        """Make a call.

        Args:
            service: as boto3 names it.
            operation: as a method of its client, such as ``get_function``.
            about: what the call is about, for people: errors begin with it.
            parameters: of the call.

        Raises:
            CloudRequestError: the user can put it right: credentials, region, permission, names, values.
            CloudError: AWS has failed, or cannot be reached.
        """
        client = self.client(service)
        with translated_errors(about, region=client.meta.region_name):
            return getattr(client, operation)(**parameters)

    def find(self, service: str, operation: str, about: str, /, **parameters: Any) -> Any | None:
        """As `call`; ``None`` where there is no such thing."""
        try:
            return self.call(service, operation, about, **parameters)
        except NothingThereError:
            return None

    @property
    def region(self) -> str:
        """The region's name.

        Raises:
            CloudRequestError: there is none.
        """
        with self._making, translated_errors("the AWS configuration"):
            name: str | None = self._ready().region_name
        if name is None:
            raise CloudRequestError("AWS: no region is set; use --region, or set AWS_REGION")
        return name

    @property
    def account(self) -> str:
        """The account's 12 digits; asks AWS once.

        Raises:
            CloudRequestError, CloudError: it cannot be asked.
        """
        with self._making:
            if self._account is None:
                identity = self.call("sts", "get_caller_identity", "who the AWS credentials belong to")
                self._account = str(identity["Account"])
            return self._account

    @property
    def partition(self) -> str:
        """``aws``, ``aws-cn`` or ``aws-us-gov``, which ARNs begin with."""
        name: str = self._ready().get_partition_for_region(self.region)
        return name

    def _ready(self) -> Any:
        if self._session is None:
            import boto3  # noqa: PLC0415 - slow to import

            region = self._region or os.environ.get("AWS_REGION") or None  # which the client does not look for
            self._session = boto3.session.Session(profile_name=self._profile, region_name=region)
        return self._session
