"""JSON of the wire <-> values of the model.

Pure: no clock, no input or output. The only package that spells names of the wire (``processid``, ``afterseq`` …).
"""
