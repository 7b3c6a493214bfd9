"""Secrets at rest: KMS ciphertext bound to whose secret it is and what it is for."""

from typing import TYPE_CHECKING

from switchhook.adapters.aws_errors import aws_refusals

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient


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
