"""Sockets shared out: what is wanted most gets them, what is left takes turns."""

from __future__ import annotations

from colony_tui.live.share import Share


def test_the_first_ones_get_sockets_and_the_others_take_turns() -> None:
    share = Share(2)
    share.give([("p", "b"), ("q", "x"), ("p", "a"), ("p", "b")])
    assert share.followed == {"p": ("b",), "q": ("x",)}
    assert share.in_turn == {"p": ("a",)}
    assert share.room == 0


def test_what_is_not_taken_is_left_for_others() -> None:
    share = Share(5)
    share.give([("p", "a"), ("p", "a"), ("q", "x")])
    assert share.room == 3


def test_channels_that_nobody_opens_a_socket_for_cost_nothing() -> None:
    share = Share(1)
    share.give_free("ended", ("a", "b"))
    share.give([("ended", "a"), ("p", "c")])
    assert share.followed == {"ended": ("a", "b"), "p": ("c",)}
    assert (share.in_turn, share.room) == ({}, 0)


def test_without_any_sockets_everything_takes_turns() -> None:
    share = Share(0)
    share.give([("p", "a")])
    assert (share.followed, share.in_turn) == ({}, {"p": ("a",)})
