"""Which channels a new process of a function begins with: functions do not tell theirs. Pure.

Owns what counts as a sign that channels serve, and how the description of a function is read for their names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from colony_tui.model import Function, Process, ProcessState

Served = tuple[int, tuple[str, ...]]
"""When a process that succeeded was submitted (ns), and its channels."""

NEVER: Served = (0, ())

_READ = 2_000
"""Characters of a description that are looked at."""

_QUOTED = r"""(?:'[^']{1,64}'|"[^"]{1,64}"|`[^`]{1,64}`|‘[^’]{1,64}’|“[^”]{1,64}”)"""
_QUOTED_NAMES = re.compile(
    rf"\bchannels?(?: ?: ?| )(?:named |called )?({_QUOTED}(?: ?[,&/]? ?(?:and |or )?{_QUOTED})*)", re.IGNORECASE
)
_NAME = r"\w(?:[\w.-]{0,62}\w)?"
_NAMES = f"{_NAME}(?:, {_NAME})*(?:,? and {_NAME})?"
_LISTED_NAMES = re.compile(rf"\bchannels?: ?({_NAMES})", re.IGNORECASE)
_PLAIN_NAMES = re.compile(
    rf"\b(?:on|over|via|through|from|to|into|uses?|needs?) (?:the |a |its )?channel(?:s ({_NAMES})| ({_NAME}))",
    re.IGNORECASE,
)
_NO_NAME = re.compile(
    "a|an|and|are|as|at|be|but|by|each|for|from|had|has|have|if|in|is|it|its|named?|names|of|on|once|one|or|per|so|"
    "that|the|then|they|this|to|until|was|when|where|which|while|who|with|you",
    re.IGNORECASE,
)
"""What follows the word channel in a sentence without being the name of one."""


def offered(function: Function, processes: Iterable[Process], kept: Served = NEVER) -> tuple[str, ...]:
    """Those of the latest process that succeeded; else those that the description names; else those of one that runs.

    Channels of a process that has failed are not offered: they may be why.

    Args:
        function: To be started.
        processes: All that are known, of whatever function.
        kept: What is remembered of earlier ones.
    """
    key = (function.name, function.executor_type)
    own = [each for each in processes if (each.spec.function, each.spec.executor_type) == key and each.channels]
    _, served = max((kept, *(served_by(each) for each in own if each.state is ProcessState.SUCCESS)))
    _, running = max((NEVER, *(served_by(each) for each in own if each.state is ProcessState.RUNNING)))
    return served or described(function.description) or running


def served_by(process: Process) -> Served:
    """What a process says of the channels that serve its function."""
    return process.submitted_ns, tuple(process.channels)


def described(description: str) -> tuple[str, ...]:
    """Channels that a description names, in its order: ``channel 'chat'``, ``on the channels a and b``."""
    text = " ".join(description[:_READ].split())
    quoted = [name[1:-1] for found in _QUOTED_NAMES.finditer(text) for name in re.findall(_QUOTED, found[1])]
    listed = [name for found in _LISTED_NAMES.finditer(text) for name in _split(found[1])]
    plain = [name for found in _PLAIN_NAMES.finditer(text) for name in _split(found[1] or found[2])]
    return tuple(dict.fromkeys(quoted or listed or [name for name in plain if not _NO_NAME.fullmatch(name)]))


def _split(names: str) -> list[str]:
    return re.split(",? and |, ", names)
