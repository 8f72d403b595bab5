"""Make clients of AWS services, and call the services.

boto3 and botocore are slow to import (about 0.2 s), so they are imported when the first client is made.
"""

from __future__ import annotations

import os
import threading
from typing import Any, Final

from grader.aws.errors import translate_error, translated_errors
from grader.errors import CloudError, CloudRequestError, NothingThereError

__all__ = ["AwsSession", "new_client"]

_MAX_ATTEMPTS: Final = 4
_DEFAULTS: Final[dict[str, Any]] = {
    "connect_timeout": 5.0,
    "read_timeout": 60.0,
    "user_agent_extra": "rlvr-code-grader",
}


def new_client(service: str, *, region: str | None = None, **settings: Any) -> Any:
    """Make a client whose own retries are off, in a session of its own.

    A new session looks for credentials anew. Callers repeat calls themselves by `grader.aws.retry.RetryPolicy`, because
    the client's retries know no deadline, and end where the body of a response begins.

    Args:
        service: name of the service in boto3.
        region: name of the region; ``None`` is AWS_REGION, else what the client finds by itself.
        settings: arguments of `botocore.config.Config`.

    Raises:
        Exception: whatever the client's libraries raise; see `grader.aws.errors.classify`.
    """
    return _make_client(_new_session(None, region), service, attempts=1, **settings)


class AwsSession:
    """One account in one region, as the ordinary client finds them. Safe for threads.

    Endpoints (``AWS_ENDPOINT_URL``, ``AWS_ENDPOINT_URL_LAMBDA``, ...), credentials and certificates are those that the
    client finds by itself (AWS SDKs and Tools Reference Guide).

    Args:
        profile: name of a profile in the client's configuration; ``None`` is the default.
        region: name of the region, such as ``us-east-1``; ``None`` is AWS_REGION, else what the client finds by itself.
        attempts: number of attempts at a call, where the failures may pass.
    """

    def __init__(self, *, profile: str | None = None, region: str | None = None, attempts: int = _MAX_ATTEMPTS) -> None:
        self._attempts = attempts
        self._profile = profile
        self._region = region
        self._session: Any = None
        self._clients: dict[str, Any] = {}
        self._account: str | None = None
        # making clients in several threads at a time is not safe (boto3, "Multithreading or multiprocessing with
        # clients"); reentrant, because `account` makes a client while it holds the lock
        self._lock = threading.RLock()

    def client(self, service: str, **settings: Any) -> Any:
        """Return the client of a service, the same one for the same settings.

        Its own errors are botocore's: wrap calls in `grader.aws.errors.translated_errors`, or use `call`.

        Args:
            service: name of the service in boto3.
            settings: arguments of `botocore.config.Config`, such as ``max_pool_connections``. Defaults are 5 s to
                connect, 60 s of silence, and the attempts of the constructor.

        Raises:
            CloudRequestError: there is no region, no such profile, or a configuration file is broken.
        """
        # A text, because a value of the settings may be a dict, which has no hash.
        key = f"{service} {sorted(settings.items())}"
        with self._lock:
            if key not in self._clients:
                about = f"the client of {service}"
                with translated_errors(about):
                    try:
                        client = _make_client(self._ready(), service, attempts=self._attempts, **settings)
                    except ValueError as error:  # such as an endpoint that is not a URL
                        raise translate_error(error, about) from error
                    self._clients[key] = client
            return self._clients[key]

    def call(self, service: str, operation: str, about: str, /, **parameters: Any) -> Any:
        """Make a call, and return the response.

        Args:
            service: name of the service in boto3.
            operation: name of the client's method, such as ``get_function``.
            about: text on what the call is about, for people: errors begin with it.
            parameters: parameters of the call.

        Raises:
            CloudRequestError: the user can put it right: credentials, region, permission, names, values.
            CloudError: AWS has failed, or cannot be reached.
        """
        client = self.client(service)
        with translated_errors(about, region=client.meta.region_name):
            return getattr(client, operation)(**parameters)

    def find(self, service: str, operation: str, about: str, /, **parameters: Any) -> Any | None:
        """Make a call, and return the response; ``None`` where there is nothing of that name. See `call`."""
        try:
            return self.call(service, operation, about, **parameters)
        except NothingThereError:
            return None

    def wait(
        self, service: str, waiter: str, about: str, /, *, delay_s: int, max_attempts: int, **parameters: Any
    ) -> None:
        """Wait until a resource is ready.

        Args:
            service: name of the service in boto3.
            waiter: name of the client's waiter, such as ``function_active_v2``.
            about: text on what the call is about, for people: errors begin with it.
            delay_s: seconds between calls.
            max_attempts: number of calls.
            parameters: parameters of the calls.

        Raises:
            CloudRequestError: as `call`.
            CloudError: as `call`, or the resource does not become ready.
        """
        from botocore.exceptions import WaiterError  # noqa: PLC0415 - slow to import

        client = self.client(service)
        try:
            with translated_errors(about, region=client.meta.region_name):
                config = {"Delay": delay_s, "MaxAttempts": max_attempts}
                client.get_waiter(waiter).wait(**parameters, WaiterConfig=config)
        except CloudError as error:
            if not isinstance(error.__cause__, WaiterError):
                raise
            raise CloudError(f"{about}: does not become ready ({waiter}): {error.__cause__}") from error

    @property
    def region(self) -> str:
        """Name of the region.

        Raises:
            CloudRequestError: no region is set.
        """
        with self._lock, translated_errors("the AWS configuration"):
            name: str | None = self._ready().region_name
        if name is None:
            raise CloudRequestError("AWS: no region is set; use --region, or set AWS_REGION")
        return name

    @property
    def account(self) -> str:
        """The account's 12 digits; asks AWS once.

        Raises:
            CloudRequestError, CloudError: AWS refuses the call, or fails.
        """
        with self._lock:
            # Under the lock, so that threads that start together ask once.
            if self._account is None:
                identity = self.call("sts", "get_caller_identity", "who the AWS credentials belong to")
                self._account = str(identity["Account"])
            return self._account

    @property
    def partition(self) -> str:
        """``aws``, ``aws-cn`` or ``aws-us-gov``, with which ARNs begin."""
        name: str = self._ready().get_partition_for_region(self.region)
        return name

    def _ready(self) -> Any:
        if self._session is None:
            self._session = _new_session(self._profile, self._region)
        return self._session


def _new_session(profile: str | None, region: str | None) -> Any:
    import boto3  # noqa: PLC0415 - slow to import

    # the client looks for AWS_DEFAULT_REGION alone; Lambda and the other SDKs set AWS_REGION
    region = region or os.environ.get("AWS_REGION") or None
    return boto3.session.Session(profile_name=profile, region_name=region)


def _make_client(session: Any, service: str, *, attempts: int, **settings: Any) -> Any:
    from botocore.config import Config  # noqa: PLC0415 - slow to import

    retries = {"mode": "standard", "total_max_attempts": attempts}
    return session.client(service, config=Config(**{"retries": retries, **_DEFAULTS, **settings}))
