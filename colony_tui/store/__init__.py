"""What is known of processes and channels, as pure state.

Knows the model only: no clock, no network, no screen. Whoever holds a log adds batches and passes on the changes.
"""
