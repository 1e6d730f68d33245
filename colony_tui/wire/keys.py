"""Keys, ids and signatures (PROTOCOL.md, "Identity").

Owns everything that touches a private key. It never puts one into a message, a ``repr`` or an exception.
"""

from __future__ import annotations

import re
import secrets
from hashlib import sha3_256

from coincurve import PrivateKey, PublicKey

from colony_tui.errors import KeyFormatError

_KEY = re.compile(r"[0-9a-fA-F]{64}\Z")
_SIGNATURE = re.compile(r"[0-9a-fA-F]{130}\Z")


class Identity:
    """A private key that can sign, and the id that it makes.

    Args:
        private_key: 64 hex characters, surrounding white space ignored.
        name: what the key was called where it came from, for messages about it ("COLONIES_PRVKEY").

    Raises:
        KeyFormatError: not 64 hex characters, or no point of the curve. The message names ``name``, never the key.
    """

    __slots__ = ("_key", "id")

    def __init__(self, private_key: str, name: str = "the private key") -> None:
        text = private_key.strip()
        if not _KEY.match(text):
            raise KeyFormatError(
                f"{name} must be 64 hexadecimal characters (32 bytes), but has {len(text)} characters"
                if len(text) != 64
                else f"{name} must be 64 hexadecimal characters, but contains others"
            )
        try:
            self._key = PrivateKey(bytes.fromhex(text))
        except ValueError:
            # The cause would show the key's bytes in a traceback.
            raise KeyFormatError(f"{name} is no valid secp256k1 key (zero, or beyond the curve's order)") from None
        self.id = id_of_public_key(self._key.public_key)

    def sign(self, text: bytes) -> str:
        """Recoverable signature of ``text`` (the base64 payload): 130 hex characters r, s, recovery id."""
        return self._key.sign_recoverable(sha3_256(text).digest(), hasher=None).hex()

    def __repr__(self) -> str:
        return f"Identity(id={self.id[:8]}…)"

    def __reduce__(self) -> str:
        raise TypeError("an identity holds a private key and cannot be pickled")


def generate_private_key() -> str:
    """A fresh private key: 64 hex characters from the system's source of randomness."""
    while True:
        text = secrets.token_hex(32)
        try:
            PrivateKey(bytes.fromhex(text))
        except ValueError:  # pragma: no cover - one in 2**127
            continue
        return text


def id_of_public_key(key: PublicKey) -> str:
    """Hex SHA3-256 of the *text* of the uncompressed public key in hex (64 characters)."""
    return sha3_256(key.format(compressed=False).hex().encode()).hexdigest()


def recover_id(text: bytes, signature: str) -> str:
    """The id that signed ``text``, from its recoverable signature alone.

    Raises:
        KeyFormatError: the signature is not 130 hex characters, or leads to no key.
    """
    if not _SIGNATURE.match(signature):
        raise KeyFormatError("The signature must be 130 hexadecimal characters")
    try:
        key = PublicKey.from_signature_and_message(bytes.fromhex(signature), sha3_256(text).digest(), hasher=None)
    except Exception as error:
        raise KeyFormatError("The signature leads to no public key") from error
    return id_of_public_key(key)
