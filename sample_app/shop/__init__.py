"""A marketplace to watch: users, products, sales and messages in PostgreSQL, before a cache and the API service.

Importing this package imports neither Django nor the metrics client: `python -m sample_app.shop` must first choose
where several workers share their metrics.
"""
