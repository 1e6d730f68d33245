"""Every error that this package raises on purpose.

Each message is one sentence for a person: what went wrong, where, and what to do. The tree::

    ColonyError
    ├── UsageError              what was asked for makes no sense here (arguments, file contents)
    │   ├── Unsendable          no request can carry a value: half a character, or what JSON does not have
    │   └── SettingsError       settings are missing or malformed
    │       └── NotConfigured   nothing at all is set
    ├── KeyFormatError          a private key, public key or id is malformed (also a ValueError)
    ├── ConnectError            the server cannot be reached, or the link broke
    │   └── TrustError          its TLS certificate was not accepted
    ├── ProtocolError           what came is not what a ColonyOS server sends
    ├── Refused                 the server answered with an error
    │   ├── NotAllowed          403, or an empty reply to somebody who is not a member
    │   │   └── NoSuchColony    "Colony with name … does not exists": there is nothing to be a member of
    │   ├── NotFound            404, or 500 "process is nil"
    │   ├── RateLimited         500 "rate limit exceeded": passes by itself
    │   ├── ChannelFull         500 "channel log is full": final for the channel
    │   └── PayloadTooLarge     500 "message payload exceeds maximum size": final for the payload
    ├── ProcessEnded            the process is closed, so what was waited for cannot happen (in model: it carries one)
    ├── TimeLimitReached        a time limit given by the caller has passed
    ├── ArchiveError            the archive or the desk on disk cannot be opened, written or read
    │   └── ArchiveLocked       another program holds it locked: passes with that
    └── StrictViolation         the embedded colony in strict mode saw what would harm a real server
"""

from __future__ import annotations

from typing import ClassVar


class ColonyError(Exception):
    """Root of all errors raised on purpose; ``str()`` of it is one sentence for a person."""


class UsageError(ColonyError):
    """What was asked for makes no sense here."""


class SettingsError(UsageError):
    """Settings are missing, contradictory or malformed; ``problems`` holds a sentence for each, which names it."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("; ".join(problems))


class NotConfigured(SettingsError):
    """Nothing that leads to a colony is set anywhere."""


class Unsendable(UsageError):
    """No request can carry one of its values; nothing was sent.

    A text with a lone surrogate, by which Python stands for a byte that is no UTF-8 (file names, arguments of a
    command) and which is half of a character in JSON that was cut; or a value of a kind that JSON does not have.
    """


class KeyFormatError(ColonyError, ValueError):
    """A key or id is malformed. The message never contains the key."""


class ConnectError(ColonyError):
    """The server cannot be reached, or the link to it broke before an answer came.

    ``is_unsent`` is true only when the server cannot have seen the request.
    """

    def __init__(self, message: str, *, is_unsent: bool = False) -> None:
        self.is_unsent = is_unsent
        super().__init__(message)


class TrustError(ConnectError):
    """The server's TLS certificate was not accepted."""


class ProtocolError(ColonyError):
    """What came over the link is not what a ColonyOS server sends (a proxy's page, broken JSON, wrong types)."""


class Refused(ColonyError):
    """The server answered with an error.

    ``status`` is the HTTP status of the refusal (also in error frames of a WebSocket), ``reason`` the server's own
    words, which are as untrusted as any payload.
    """

    is_final: ClassVar[bool] = False
    """Whether such a refusal stands whatever its status is: servers give 500 to much that no later try changes."""

    def __init__(self, status: int, reason: str, doing: str = "") -> None:
        self.status = status
        self.reason = reason
        self.doing = doing
        what = f"The server refused to {doing}" if doing else "The server refused"
        super().__init__(f"{what}: {reason} ({status})")

    @property
    def is_passing(self) -> bool:
        """Whether the server could not answer just now, so that the same may succeed later."""
        return not self.is_final and (not self.status or self.status >= 500)


class NotAllowed(Refused):
    """403: not a member, not a party of the process, or a key that the server does not know."""


class NoSuchColony(NotAllowed):
    """The server has no colony of that name; it says so to strangers as well, as a 403 or a 400."""


class NotFound(Refused):
    """404, or a 500 "process is nil": an unknown process or id, or a channel that was never declared or is closed.

    Of a channel the process tells which.
    """

    is_final = True


class RateLimited(Refused):
    """The process has had too many appends within a second; the same append may be made again."""

    @property
    def is_passing(self) -> bool:
        """Always, whatever its status."""
        return True


class ChannelFull(Refused):
    """The channel holds as many entries as the server allows; no append to it will succeed."""

    is_final = True


class PayloadTooLarge(Refused):
    """The payload is larger than the server takes."""

    is_final = True


class TimeLimitReached(ColonyError):
    """A time limit given by the caller has passed."""


class ArchiveError(ColonyError):
    """A file of the archive or the desk cannot be opened, written or read; the message names the file and why."""


class ArchiveLocked(ArchiveError):
    """Another program holds the file locked; the same may succeed once that lets go."""


class StrictViolation(ColonyError):
    """The embedded colony, in strict mode, saw a request that would harm or leak on a real server."""


_NO_SUCH = ("> does not exists", "> does not exist", "> not found")
_BY_REASON: tuple[tuple[str, type[Refused]], ...] = (
    ("rate limit exceeded", RateLimited),
    ("channel log is full", ChannelFull),
    ("payload exceeds maximum size", PayloadTooLarge),
    ("process is nil", NotFound),
)


def refusal(status: int, reason: str, doing: str = "") -> Refused:
    """The error for a refusal with ``status`` and the server's words ``reason`` (PROTOCOL.md, "Errors are uneven")."""
    if reason.startswith("Colony with name <") and reason.endswith(_NO_SUCH):
        return NoSuchColony(status, reason, doing)
    if status == 403:
        return NotAllowed(status, reason, doing)
    if status == 404:
        return NotFound(status, reason, doing)
    for words, kind in _BY_REASON:
        if words in reason:
            return kind(status, reason, doing)
    return Refused(status, reason, doing)
