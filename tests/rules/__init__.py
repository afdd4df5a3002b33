"""What the rules do, asked of a real promtool: behaviour beyond the generated unit tests, and tests of those tests."""
