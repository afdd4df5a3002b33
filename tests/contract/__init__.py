"""The common vocabulary against real libraries: small apps, a known load, a real Prometheus."""
