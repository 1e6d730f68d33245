"""Screens: they join widgets to a session, and decide what an intent means."""
