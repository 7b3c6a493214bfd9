"""A cipher that binds but does not hide, for tests."""

from switchhook.domain.errors import Permanent


class FakeCipher:
    """The port Cipher; the ciphertext says what it is bound to."""

    def encrypt(self, plain: str, *, tenant: str, purpose: str) -> bytes:
        return f"{tenant}|{purpose}|{plain}".encode()

    def decrypt(self, ciphertext: bytes, *, tenant: str, purpose: str) -> str:
        bound_tenant, bound_purpose, plain = ciphertext.decode().split("|", 2)
        if (bound_tenant, bound_purpose) != (tenant, purpose):
            raise Permanent("foreign context", code="aws_refused")
        return plain
