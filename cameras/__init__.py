"""cameras: from what is in a camera's pictures to sightings, the rows that rules about objects judge.

tracking: which box is the same object as one before. still: how long each has stood. sightings: both at work, and the
messages that go out. Needs the packages of `gridwatch[cameras]`.
"""
