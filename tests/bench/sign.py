"""``sign``: an envelope from a message value."""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import sha3_256

from colony_tui.wire.envelope import open_envelope, seal
from colony_tui.wire.keys import Identity, generate_private_key
from colony_tui.wire.requests import AppendEntry
from tests.bench.pure_signing import sign
from tests.bench.rows import Figure, Row, medians_by_turns_s, times_faster

AT_LEAST = 40.0
PAYLOAD = b"A line of a conversation, as long as lines are. " * 2


def _sign() -> Figure:
    private_key = generate_private_key()
    identity = Identity(private_key)
    secret = int(private_key, 16)
    request = AppendEntry(
        process_id="ab" * 32, channel="chat", sequence=7, in_reply_to=6, payload=PAYLOAD, entry_type="data"
    )
    message = {
        "msgtype": "channelappendmsg",
        "processid": "ab" * 32,
        "name": "chat",
        "sequence": 7,
        "inreplyto": 6,
        "payloadtype": "data",
    }

    def ours() -> None:
        for _ in range(100):
            seal(request, identity)

    def pure() -> bytes:
        text = b64encode(json.dumps(message | {"payload": b64encode(PAYLOAD).decode()}).encode())
        signature = sign(secret, sha3_256(text).digest())
        envelope = {"payloadtype": "channelappendmsg", "payload": text.decode(), "signature": signature}
        return json.dumps(envelope).encode()

    # Both are signatures of this key, or the comparison would be worth nothing.
    assert open_envelope(pure()).sender_id() == open_envelope(seal(request, identity)).sender_id() == identity.id
    hundred, one = medians_by_turns_s(ours, pure, 41)
    return times_faster(hundred / 100, one, AT_LEAST, "pure Python")


ROWS = (Row("sign", "a signed envelope from a message value", _sign),)
