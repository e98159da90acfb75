"""jt808: a gateway for vehicle terminals that speak JT/T 808 over TCP, as a source of deliveries.

From the socket to the journal: `peer` (one connection and its bounds), `splitter`, `conversation` (what is answered),
`parts` (subpackages), `terminals` (who may come in), `gateway` (the server, its commits and ticks).
"""
