"""A Django database engine: PostgreSQL with django-prometheus' metrics and an end to every wait."""
