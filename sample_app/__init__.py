"""What the stack watches in a demonstration: an API, its telemetry core, a load generator and an alert receiver."""
