"""indicators: how well a city's cases are handled, by the standard formulas. What is counted when:
docs/concepts/indicators.md.

Reads the tables `cases` and `steps`, writes nothing, and knows the time only as it is told.
"""
