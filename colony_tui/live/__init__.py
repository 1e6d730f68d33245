"""Joins client and store, without a screen: what happens on the wire becomes state that a screen or command reads.

Knows no Textual and reads no settings.
"""
