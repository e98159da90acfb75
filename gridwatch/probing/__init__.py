"""probing: what a source sends, before anybody has mapped it, or when it should be decoded and isn't.

`listening` hears it without taking anything away from a running city, `heard` keeps a bounded part of it by kind of
topic, `configured` says what the configured streams make of it. `recognising` knows the codecs, `fields`, `metrics` and
`whose` what values mean, `proposing` makes a stream of that and tries it. `telling` is what is printed.
"""
