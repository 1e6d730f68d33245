"""Hostile payloads, each with a name and what it would do to a terminal that saw it.

For every test that shows payloads: `HOSTILE` by name, `WHY` by the same names, and `offence` to judge what came out.
"""

from __future__ import annotations

import unicodedata
from typing import Final

_REASONS: Final[dict[str, tuple[bytes, str]]] = {
    "osc-8-link": (b"\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\", "text that links elsewhere"),
    "osc-52-bel": (b"\x1b]52;c;ZXZpbA==\x07", "writes the clipboard"),
    "osc-52-st": (b"\x1b]52;c;ZXZpbA==\x1b\\", "writes the clipboard, other terminator"),
    "osc-52-query": (b"\x1b]52;c;?\x07", "makes the terminal type the clipboard"),
    "osc-0-title": (b"\x1b]0;pwned\x07", "sets the window's title"),
    "osc-open": (b"\x1b]0;never closed", "swallows all that is printed after it"),
    "osc-1337-file": (b"\x1b]1337;File=inline=1:AAAA\x07", "saves or shows a file"),
    "osc-11-query": (b"\x1b]11;?\x1b\\", "makes the terminal type its colours"),
    "csi-clear": (b"\x1b[2J\x1b[H", "clears the screen"),
    "csi-scrollback": (b"\x1b[3J", "clears what was before"),
    "csi-alt-screen": (b"\x1b[?1049l", "leaves the alternate screen"),
    "csi-mouse": (b"\x1b[?1003h\x1b[?1006h", "makes the mouse type"),
    "csi-paste": (b"\x1b[201~rm -rf ~\n", "ends a bracketed paste"),
    "csi-report": (b"\x1b[6n\x1b[c\x1b[>q\x1b[21t", "makes the terminal type reports"),
    "csi-keyboard": (b"\x1b[>4;2m\x1b[>1u", "changes the keyboard's protocol; ends like a colour code"),
    "csi-cursor": (b"\x1b[1A\x1b[100D\x1b[Kforged", "overwrites the line above"),
    "csi-repeat": (b"x\x1b[99999999b", "repeats a character for ever"),
    "csi-window": (b"\x1b[8;1;1t", "resizes the window"),
    "csi-long": (b"\x1b[" + b"1" * 5_000 + b"m", "overflows a parser"),
    "csi-open": (b"\x1b[31", "waits for what comes next"),
    "sgr-hidden": (b"\x1b[8mhidden\x1b[0m", "text that cannot be seen"),
    "sgr-same": (b"\x1b[31;41mhidden\x1b[0m", "text on its own colour"),
    "sgr-same-rgb": (b"\x1b[38;5;16;48;2;0;0;0mhidden\x1b[0m", "the same, spelt differently"),
    "sgr-left-on": (b"\x1b[7;1;31mred for ever", "colours all that follows"),
    "dcs-sixel": (b"\x1bPq#0;2;0;0;0~~\x1b\\", "draws a picture"),
    "dcs-tmux": (b"\x1bPtmux;\x1b\x1b]52;c;ZXZpbA==\x07\x1b\\", "reaches the terminal around tmux"),
    "dcs-request": (b"\x1bP$qm\x1b\\\x1bP+q544e\x1b\\", "makes the terminal type settings"),
    "apc-kitty": (b"\x1b_Ga=T,f=100;AAAA\x1b\\", "draws or deletes pictures"),
    "pm": (b"\x1b^private\x1b\\", "is swallowed unseen"),
    "sos": (b"\x1bXstring\x1b\\", "is swallowed unseen"),
    "esc-reset": (b"\x1bc", "resets the terminal"),
    "esc-charset": (b"\x1b(0lqqk\x1b)0\x0e", "letters become lines"),
    "esc-screen-title": (b"\x1bktitle\x1b\\", "sets the title in tmux and screen"),
    "esc-lone": (b"\x1b", "turns the next key into a command"),
    "esc-pair": (b"\x1b\x1b[A", "hides an arrow key"),
    "c1-csi-utf8": ("\u009b2J\u009b31mred".encode(), "CSI in one character"),
    "c1-osc-utf8": ("\u009d52;c;ZXZpbA==\u009c".encode(), "OSC and ST in one character each"),
    "c1-dcs-utf8": ("\u0090q~~\u009c\u009epm\u009c\u009fapc\u009c\u0098sos\u009c".encode(), "the other strings"),
    "c1-bytes": (b"\x9b2J\x9d0;pwned\x9c\x90q~~\x9c", "C1 as bytes, for terminals that are not in UTF-8"),
    "c1-all": ("".join(map(chr, range(0x80, 0xA0))).encode(), "every C1 control"),
    "c0-all": (bytes(set(range(0x20)) - {0x00, 0x0A}) + b"\x7f", "every C0 control but NUL and LF"),
    "nul": (b"a\x00b", "ends a string in C; not text"),
    "bell": (b"\x07" * 100, "rings for minutes"),
    "backspace": (b"safe\x08\x08\x08\x08evil", "rewrites what was printed"),
    "carriage-return": (b"safe text\revil", "rewrites the line"),
    "vertical": (b"a\x0bb\x0cc", "moves the cursor down"),
    "shift-out": (b"\x0eabc\x0f", "changes the character set"),
    "bidi-override": ("user\u202egnp.exe\u202c".encode(), "reads backwards"),
    "bidi-embedding": ("\u202aa\u202bb\u202dc".encode(), "changes the direction"),
    "bidi-isolates": ("\u2066a\u2067b\u2068c\u2069".encode(), "changes the direction"),
    "bidi-marks": ("\u200ea\u200fb\u061cc".encode(), "changes the direction"),
    "zero-width": ("pay\u200bpal a\u200cb \u2060c \ufeffd".encode(), "two names that look the same"),
    "joiner-misused": ("a\u200db \u200d👩\u200d".encode(), "an invisible character between letters"),
    "joiner-chain": ("\u200d".join("👩" * 50).encode(), "a hundred cells that count as two"),
    "soft-hyphen": ("pass\u00adword".encode(), "invisible"),
    "invisible-math": ("\u2061\u2062\u2063\u2064".encode(), "invisible"),
    "fillers": ("\u115f\u1160\u3164\uffa0\u034f\u180e\u17b4".encode(), "letters and marks that are blank"),
    "variation-smuggling": (("a" + "".join(map(chr, range(0xFE00, 0xFE10))) + "\U000e0100").encode(), "hidden bytes"),
    "tags": ("x\U000e0001\U000e0041\U000e007f".encode(), "hidden letters"),
    "separators": ("a\u2028b\u2029c\u0085d".encode(), "line breaks that are none"),
    "annotations": ("\ufff9a\ufffab\ufffbc".encode(), "hidden notes"),
    "noncharacters": ("\ufdd0\ufffe\uffff\U0010ffff".encode(), "no characters at all"),
    "private-use": ("\ue000\U000f0000".encode(), "whatever the font says"),
    "unassigned": ("\u0378\U000e0fff\U0001fbff".encode(), "of unknown width"),
    "surrogates": (b"\xed\xa0\x80\xed\xb2\x80", "no UTF-8: crashes encoders"),
    "invalid-utf8": (b"caf\xe9 and more words, \xff\xfe, \xc0\xaf \xf8\x88\x80\x80\x80", "Latin-1, overlong, too long"),
    "cut-utf8": ("日本".encode()[:-1], "the last character is cut"),
    "combining-flood": (("a" + "\u0301" * 2_000 + "b").encode(), "covers the lines above"),
    "combining-first": ("\u0301\u20e0 first".encode(), "stands on what is painted before it"),
    "combining-after-color": (b"a\x1b[31m" + "\u0301".encode(), "a span that starts with a mark"),
    "tones": ("🏽a🏽👍🏽🏽".encode(), "skin tones on nothing"),
    "flags": ("🇩🇪🇩 🇪".encode(), "halves of flags"),
    "jamo-flood": (("ᄀ" + "ᅡ" * 500).encode(), "no cells at all"),
    "rich-markup": (b"[bold red]x[/] [link=http://evil.example]y[/link] [/nothing]", "markup of Rich"),
    "textual-markup": (b"[@click=app.quit]press[/] [$error]x[/] [on red", "an action behind a text"),
    "rich-emoji": (b":bomb: [:]", "names of emoji"),
    "markdown": (b"[x](javascript:alert(1)) ![y](file:///etc/passwd) <script>", "links in Markdown"),
    "long-line": (b"x" * 1_000_000, "a line of a million characters"),
    "long-word-wide": (("漢" * 300_000).encode(), "the same in wide characters"),
    "many-lines": (b"\n" * 200_000, "many lines"),
    "many-colors": (b"\x1b[31ma\x1b[32mb" * 5_000, "a style for each character"),
    "many-tabs": (b"\t" * 50_000, "tabs"),
    "many-escapes": (b"\x1b[" * 50_000, "control sequences that never end"),
    "json-deep": (b"[" * 100_000, "nesting that overflows a stack"),
    "json-controls": ('{"a\u202e": "\u009b2J\u007f\u200b", "b": "\\u001b[2J"}'.encode(), "controls in strings"),
    "json-open": (b'{"a": "' + b"x" * 1_000_000, "JSON that never ends"),
    "json-indent": (b"[" * 32 + b"1," * 50_000, "a layout that is all indentation"),
    "binary": (bytes(range(256)) * 16, "every byte"),
}

HOSTILE: Final[dict[str, bytes]] = {name: payload for name, (payload, _) in _REASONS.items()}
"""The payloads by name."""
WHY: Final[dict[str, str]] = {name: why for name, (_, why) in _REASONS.items()}
"""What each would do."""

_BARRED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_INVISIBLE: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0")
_SKIN_TONES: Final = "🏻🏼🏽🏾🏿"


def offence(text: str) -> str | None:
    """What in a printed text is not harmless, with its place; None if all is.

    Written from the promise and not from the code: line breaks are the only controls; a zero-width joiner stands
    between emoji only; a style selector behind a character only, and the emoji style behind a joined one only; nothing
    invisible, private, unassigned or reordering; no skin tones. Terminals disagree on the width of what is left out.
    """
    for at, char in enumerate(text):
        category = unicodedata.category(char)
        if char == "\n" or (char == "\u200d" and _joins_emoji(text, at)):
            continue
        if category in _BARRED or char in _INVISIBLE:
            return f"U+{ord(char):04X} ({category}) at {at}: {text[max(0, at - 10) : at + 10]!a}"
        if "\ufe00" <= char <= "\ufe0d" or "\U000e0100" <= char <= "\U000e01ef":
            return f"variation selector U+{ord(char):04X} at {at}"
        if char in "\ufe0e\ufe0f" and (at == 0 or unicodedata.category(text[at - 1]) not in ("So", "Po", "Nd", "Sm")):
            return f"style selector at {at}: {text[max(0, at - 10) : at + 10]!a}"
        if char in _SKIN_TONES or (char == "\ufe0f" and text[max(0, at - 2) : at - 1] != "\u200d"):
            return f"U+{ord(char):04X}, which not every terminal counts, at {at}: {text[max(0, at - 10) : at + 10]!a}"
    return None


def _joins_emoji(text: str, at: int) -> bool:
    before = text[:at].rstrip("\ufe0f" + _SKIN_TONES)[-1:]
    after = text[at + 1 : at + 2]
    return all(char and unicodedata.category(char) in ("So", "Sm") and ord(char) >= 0x2190 for char in (before, after))
