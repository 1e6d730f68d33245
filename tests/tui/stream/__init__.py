"""The stream: its parts as plain values, its reading rules in a running app."""
