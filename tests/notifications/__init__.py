"""What a real Alertmanager sends to real sinks, with everything that the generator wrote for it."""
