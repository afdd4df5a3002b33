"""One small service for each library: `python -m tests.contract.apps.NAME PORT [PROMETHEUS]`.

All of them answer `/items/{item}?ms=N` with 200 after N ms, `/gone/{item}` with 404 and `/broken/{item}` with 500.
"""
