"""People and programs that use the sample platform through a day, and scenarios that raise its alerts; runs on Locust.

Locust patches the standard library of the whole process: run this package as a program, never import it elsewhere.
Only `__main__` and what imports `locust` patch; `curve`, `endpoints`, `options`, `scenarios`, `hog` and `guard` do not.
"""
