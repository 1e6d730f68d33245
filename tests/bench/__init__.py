"""Figures of speed, each with its baseline measured in the same run: ``python -m tests.bench [NAME …]``.

Every module here that defines ``ROWS`` takes part; a name chooses the rows that begin with it.
"""
