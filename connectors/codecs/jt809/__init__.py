"""JT/T 809: what platforms say to each other about vehicles: frames, the cipher, positions. Of 2011 and 2019.

Written from what public implementations and their examples agree on (docs/connectors/jt809.md says what of it could not
be checked against any).
"""
