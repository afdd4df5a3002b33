"""What `make bench` measures: each aim beside its number, each peer in the same run."""

NOT_MEASURED = 3
"""The exit status of a benchmark whose servers are not on this machine."""
