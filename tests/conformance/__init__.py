"""The rules of the wire (PROTOCOL.md), one test a rule, against any server.

By default each test gets an embedded colony of its own. ``pytest tests/conformance --colony=env`` takes the server that
the ``COLONIES_*`` variables name instead; it needs the colony owner's key (``COLONIES_COLONY_PRVKEY``) and, for a few
tests, the server owner's (``COLONIES_SERVER_PRVKEY``). The tests make users, executors and processes of their own, take
them away again, and tolerate whatever else is in the colony. What could harm a server is sent to the embedded one only.
"""
