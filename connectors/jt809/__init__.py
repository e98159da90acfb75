"""jt809: the upper platform's side of JT/T 809: lower platforms connect, log in and pass on what their vehicles say.

What is the same in all gateways is in connectors/gateway; here are `splitter`, `conversation` (what is answered) and
`platforms` (who may come in).
"""
