"""The examples of ColonyOS's tutorial on channels as short programs, one a module, both sides of each.

Everything that a program needs is passed in: clients of the parties, and where its lines go.
"""
