"""One small service for each library: `python -m tests.contract.apps.NAME PORT [PROMETHEUS]`.

All of them answer `/items/{item}?ms=N` with 200 after N ms, `/moved/{item}` with 302, `/gone/{item}` with 404,
`/broken/{item}` with 500, and raise at `/crash/{item}`.
"""
