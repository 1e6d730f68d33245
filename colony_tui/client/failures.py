"""What the libraries of HTTP and of WebSockets raise, as our errors, in words for a person."""

from __future__ import annotations

import ssl

import httpx

from colony_tui.errors import ConnectError, TrustError

CONNECT_TIME_S = 5.0
"""How long connecting may take."""


def failure_of(error: Exception, where: str) -> ConnectError:
    """Why nothing came from ``where`` (``host:port``); ``is_unsent`` where the server cannot have seen a request."""
    cause = _root(error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return TrustError(
            f"The certificate of {where} was not accepted: {cause.verify_message}; "
            "set a certificate authority file, or ask who runs the server"
        )
    if isinstance(cause, ssl.SSLError):
        return TrustError(
            f"TLS with {where} failed ({in_words(cause)}); if the server has no TLS, do without: --no-tls, "
            "COLONIES_TLS=false, or tls = false in the profile"
        )
    if isinstance(error, httpx.ReadTimeout | httpx.WriteTimeout | httpx.PoolTimeout):
        return ConnectError(f"{where} has not answered in time")
    if isinstance(error, httpx.ConnectTimeout | TimeoutError):
        return ConnectError(f"{where} cannot be reached: no answer within {CONNECT_TIME_S:g} s", is_unsent=True)
    if isinstance(error, httpx.ConnectError | httpx.ProxyError | httpx.UnsupportedProtocol):
        return ConnectError(f"{where} cannot be reached: {in_words(cause)}", is_unsent=True)
    if isinstance(error, httpx.RemoteProtocolError | EOFError):
        return ConnectError(f"{where} closed the connection without an answer")
    return ConnectError(f"The link to {where} broke: {in_words(cause)}")


def _root(error: BaseException) -> BaseException:
    """The innermost cause: libraries wrap what the system said."""
    seen: set[int] = set()
    while id(error) not in seen:
        seen.add(id(error))
        inner = error.__cause__ or error.__context__
        if inner is None:
            break
        error = inner
    return error


def in_words(error: BaseException) -> str:
    """An error's own words, else its name."""
    if isinstance(error, ConnectionRefusedError):  # asyncio's own words are "Connect call failed" and the address.
        return "connection refused"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
