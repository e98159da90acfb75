"""scenarios: days of the made-up city under conditions of which each asks something else of the rules.

`library` says which there are, `families` what city they happen in, `recording` makes a journal of one, `running`
judges and scores it, `results` makes a table of many.
"""
