"""Bodies too large for a queue message or an item; a lifecycle rule removes them after 30 days."""

from typing import TYPE_CHECKING

from switchhook.adapters.aws_errors import aws_refusals

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_s3 import S3Client


class PayloadBucket:
    """Stores packed bodies under keys that begin with the tenant and end with the content's hash.

    `client` is called at first use: S3's client is the slowest to make and the least often needed.
    """

    def __init__(self, client: "Callable[[], S3Client]", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, key: str, packed: bytes) -> None:
        """Store the bytes; storing them again changes nothing, since the key names the content.

        Raises:
            Retryable: they are not known to be stored.
        """
        with aws_refusals("store a payload"):
            self._client().put_object(Bucket=self._bucket, Key=key, Body=packed)

    def get(self, key: str) -> bytes:
        """The stored bytes.

        Raises:
            Permanent: there are none, or no longer.
            Retryable: they could not be read.
        """
        with aws_refusals("read a payload"):
            return self._client().get_object(Bucket=self._bucket, Key=key)["Body"].read()
