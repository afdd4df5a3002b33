"""A load generator: evenly spaced requests over the sample API's endpoints."""
