"""gateway: what is the same in every source that many peers connect to over TCP, in frames of a binary protocol.

From the socket to the journal: `peer` (one connection and its bounds), `talk` (what a protocol says of each frame),
`listed` (who may come in), `present` (who is there), `server` (the server, its commits and ticks).
"""
