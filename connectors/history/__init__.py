"""history: what came and what it meant, over time, in InfluxDB.

`settings` is the section of the configuration; `thinning` says which positions are kept, `lines` writes rows in line
protocol, `writer` has both; `influx` is the connection; `reading` gives rows back. None of it knows how a city is run.
"""
