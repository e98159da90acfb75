"""jt808: a gateway for vehicle terminals that speak JT/T 808 over TCP, as a source of deliveries.

What is the same in all gateways is in connectors/gateway; here are `splitter`, `conversation` (what is answered),
`parts` (subpackages) and `terminals` (who may come in).
"""
