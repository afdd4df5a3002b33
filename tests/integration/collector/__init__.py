"""The generated configuration in a real collector, with collectors that write files in place of Loki and Tempo."""
