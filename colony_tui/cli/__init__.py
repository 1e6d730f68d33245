"""The command line: commands, their options, what they print, and how errors become exit codes.

Everything heavy – the client, the embedded colony, the app – is imported by the command that needs it.
"""
