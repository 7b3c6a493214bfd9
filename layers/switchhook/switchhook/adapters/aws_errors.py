"""What AWS's refusals mean to us: nearly all are worth another try, for the repair is on our side."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from switchhook.domain.errors import Permanent, Retryable

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
