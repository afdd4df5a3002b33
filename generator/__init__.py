"""Renders a whole monitoring stack from one spec file; see ARCHITECTURE.md for the way through it."""
