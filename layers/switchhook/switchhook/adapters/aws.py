"""AWS as the product uses it: what its refusals mean, secrets under its keys, bodies in its bucket."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from switchhook.domain.errors import Permanent, Retryable

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_s3 import S3Client

_AGAIN_AFTER_S = 5.0
_FOR_GOOD = frozenset({"InvalidCiphertextException", "NoSuchKey"})


@contextmanager
def aws_refusals(action: str) -> Iterator[None]:
    """Turn an AWS error into one of ours; `action` says what was tried, without anybody's data.

    Raises:
        Permanent: `aws_refused`, for a ciphertext of another context or an object that is gone.
        Retryable: `aws_refused` for every other refusal, `aws_unreachable` when no answer came.
    """
    try:
        yield
    except ClientError as exc:
        refusal = exc.response.get("Error", {}).get("Code", "unknown")
        message = f"AWS refused to {action}: {refusal}."
        if refusal in _FOR_GOOD:
            raise Permanent(message, code="aws_refused") from exc
        raise Retryable(message, code="aws_refused", after_s=_AGAIN_AFTER_S) from exc
    except BotoCoreError as exc:
        raise Retryable(
            f"AWS did not answer when asked to {action}: {type(exc).__name__}.",
            code="aws_unreachable",
            after_s=_AGAIN_AFTER_S,
        ) from exc


class KmsCipher:
    """Encrypts under one key with the encryption context {tenant, purpose}.

    A ciphertext copied to another tenant or another use does not decrypt.
    """

    def __init__(self, client: "KMSClient", key_id: str) -> None:
        self._client = client
        self._key_id = key_id

    def encrypt(self, plain: str, *, tenant: str, purpose: str) -> bytes:
        """Ciphertext bound to tenant and purpose; `plain` is at most 4,096 bytes long.

        Raises:
            Retryable: KMS refused or did not answer.
        """
        with aws_refusals(f"encrypt a secret ({purpose})"):
            return self._client.encrypt(
                KeyId=self._key_id,
                Plaintext=plain.encode("utf-8"),
                EncryptionContext={"tenant": tenant, "purpose": purpose},
            )["CiphertextBlob"]

    def decrypt(self, ciphertext: bytes, *, tenant: str, purpose: str) -> str:
        """The plain text.

        Raises:
            Permanent: the ciphertext is of another tenant, purpose or key.
            Retryable: KMS refused otherwise or did not answer.
        """
        with aws_refusals(f"decrypt a secret ({purpose})"):
            return self._client.decrypt(
                KeyId=self._key_id,
                CiphertextBlob=ciphertext,
                EncryptionContext={"tenant": tenant, "purpose": purpose},
            )["Plaintext"].decode("utf-8")


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
