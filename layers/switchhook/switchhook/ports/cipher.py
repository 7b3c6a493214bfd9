"""What keeps secrets secret; apart from all other ports, for the ingress loads it too."""

from typing import Protocol


class Cipher(Protocol):
    """Encrypts secrets under the tenant's context."""

    def encrypt(self, plain: str, *, tenant: str, purpose: str) -> bytes:
        """Ciphertext bound to tenant and purpose."""
        ...

    def decrypt(self, ciphertext: bytes, *, tenant: str, purpose: str) -> str:
        """The plain text; a foreign context is refused."""
        ...
