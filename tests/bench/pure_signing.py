"""Recoverable ECDSA over secp256k1 in plain Python: double-and-add in Jacobian coordinates, no table, RFC 6979 nonces.

The baseline of ``sign``. Not for use: it leaks the key by its timing.
"""

from __future__ import annotations

import hmac

P = 2**256 - 2**32 - 977
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
G = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)
Jacobian = tuple[int, int, int]
INFINITY: Jacobian = (0, 1, 0)


def _double(point: Jacobian) -> Jacobian:
    x, y, z = point
    if not z:
        return point
    y2 = y * y % P
    s = 4 * x * y2 % P
    m = 3 * x * x % P
    x3 = (m * m - 2 * s) % P
    return x3, (m * (s - x3) - 8 * y2 * y2) % P, 2 * y * z % P


def _add_affine(point: Jacobian, other: tuple[int, int]) -> Jacobian:
    x, y, z = point
    if not z:
        return (*other, 1)
    z2 = z * z % P
    h = (other[0] * z2 - x) % P
    r = (other[1] * z2 * z - y) % P
    if not h:
        return _double(point) if not r else INFINITY
    h2 = h * h % P
    h3 = h * h2 % P
    v = x * h2 % P
    x3 = (r * r - h3 - 2 * v) % P
    return x3, (r * (v - x3) - y * h3) % P, h * z % P


def _multiply_base(factor: int) -> tuple[int, int]:
    point = INFINITY
    for bit in bin(factor)[2:]:
        point = _double(point)
        if bit == "1":
            point = _add_affine(point, G)
    x, y, z = point
    inverse = pow(z, -1, P)
    return x * inverse * inverse % P, y * pow(inverse, 3, P) % P


def _nonce(secret: int, digest: bytes) -> int:
    """RFC 6979 with SHA-256."""
    seed = secret.to_bytes(32, "big") + (int.from_bytes(digest, "big") % N).to_bytes(32, "big")
    value, key = b"\x01" * 32, b"\x00" * 32
    for mark in (b"\x00", b"\x01"):
        key = hmac.digest(key, value + mark + seed, "sha256")
        value = hmac.digest(key, value, "sha256")
    while True:
        value = hmac.digest(key, value, "sha256")
        nonce = int.from_bytes(value, "big")
        if 0 < nonce < N:
            return nonce
        key = hmac.digest(key, value + b"\x00", "sha256")
        value = hmac.digest(key, value, "sha256")


def sign(secret: int, digest: bytes) -> str:
    """r, s and recovery id in hex, s in the lower half."""
    nonce = _nonce(secret, digest)
    x, y = _multiply_base(nonce)
    r = x % N
    s = pow(nonce, -1, N) * (int.from_bytes(digest, "big") + r * secret) % N
    recovery = (y & 1) | (2 if x >= N else 0)
    if s > N // 2:
        s, recovery = N - s, recovery ^ 1
    return f"{r:064x}{s:064x}{recovery:02x}"
