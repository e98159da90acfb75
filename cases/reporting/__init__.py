"""reporting: daily, weekly and monthly reports on a city's cases, as workbooks and as pages to print.

Made of `cases.indicators`; every number is defined on the last page of each report.
"""
