"""What `make bench` measures: each aim beside its number, each peer in the same run."""
