"""clock: when was a picture taken, by what its stream and its arrival say?

A stream counts time on its own from somewhere (its presentation times). How far that is from UTC is known either from
the camera (an RTCP sender report, RFC 3550 6.4.1) or by listening: a packet is never early, so the least difference of
arrival and stream time is the best guess. The guess is made at the first packets and slowly corrected after; a camera's
own word is believed while it differs from our clock by less than `TRUST`.

Times never go back. Where the stream's own time jumps, or falls so far behind that it can't be late pictures, a new
stretch begins and the guess is made anew.
"""

from __future__ import annotations

import math
from collections import deque

TRUST = 10.0
"""Seconds: a camera whose clock is farther from ours has no time server, and its word counts for nothing."""
JUMP = 1.0
"""Seconds: a packet can't come so long before its time; the stream's time has jumped."""
LATE = 60.0
"""Seconds: nothing is buffered for so long; the stream's time has stood still."""
SETTLE = 5.0
"""Seconds from the first packet in which a better guess counts at once."""
UNTIMED = 1.0
"""Seconds after which a stream that has told no time yet is taken to have none."""
WINDOW = 30.0
"""Seconds: the least difference of so long a time is what the guess is corrected to ..."""
DRIFT = 0.001
"""... at so many seconds a second. Quartz clocks drift by a tenth of that."""
SLEW = 0.05
"""Seconds a second at which the camera's own word is taken over: times still rise, and speeds are off by 5 %."""
STEP = 1e-3
"""Seconds between two pictures, at least."""


class StreamClock:
    """One stream's time. Stream times, arrivals and answers in seconds; arrivals and answers UTC."""

    def __init__(self) -> None:
        self.stretches = 0
        """How many times the guess was made anew."""
        self.by_camera = False
        """Whether the camera's own word is believed."""
        self.offset = math.nan
        """Seconds by which the camera's clock, or else the time that its pictures are given, is ahead of ours at their
        arrival; negative: behind. NaN: nothing was heard yet."""
        self.catching_up = True
        """Packets still come faster than they were made: what was held back while the stream was opened."""
        self._shift = math.nan
        self._least: deque[tuple[float, float]] = deque()
        self._began = self._arrived = self._heard = math.nan
        self._newest = -math.inf

    def hear(self, stream: float | None, arrival: float, camera: float | None = None) -> bool:
        """The next packet. camera: the UTC time that it says. Whether a new stretch has begun."""
        if stream is None:
            if not self._least:
                self._began = arrival if math.isnan(self._began) else self._began
                self.catching_up &= arrival - self._began < UNTIMED
            return False
        fresh = not self._least or self._jumped(stream, arrival)
        if fresh:
            self._begin(arrival)
        else:
            self.catching_up &= arrival - self._arrived < max(0.5 * (stream - self._heard), STEP)
            self.catching_up &= arrival - self._began < SETTLE
        self._listen(stream, arrival, camera, fresh)
        self._arrived, self._heard = arrival, stream
        return fresh

    def when(self, stream: float | None, arrival: float) -> float:
        """When what has that stream time was taken, as far as is known now."""
        return arrival if stream is None or math.isnan(self._shift) else stream + self._shift

    def stamp(self, stream: float | None, arrival: float) -> float:
        """When the picture of that stream time was taken; later than any answer before."""
        self._newest = max(self.when(stream, arrival), self._newest + STEP)
        return self._newest

    def _begin(self, arrival: float) -> None:
        self.stretches += 1
        self._least.clear()
        self._began = arrival
        self.catching_up = True

    def _jumped(self, stream: float, arrival: float) -> bool:
        late = arrival - stream - self._least[0][1]
        return stream < self._heard - JUMP or late < -JUMP or late > LATE

    def _listen(self, stream: float, arrival: float, camera: float | None, fresh: bool) -> None:
        gone = 0.0 if fresh else max(0.0, arrival - self._arrived)
        heard = self._lowest(arrival, arrival - stream)
        self.by_camera = camera is not None and abs(camera - arrival) < TRUST
        if camera is not None and self.by_camera:
            goal, most = camera - stream, SLEW * gone
        else:
            goal, most = heard, DRIFT * gone
            if arrival - self._began < SETTLE:
                most = math.inf
        self._shift = goal if fresh else self._shift + min(max(goal - self._shift, -most), most)
        now = (stream + self._shift if camera is None else camera) - arrival
        # Smoothed over some twenty packets, and at once where it is another clock altogether.
        known = self.offset
        self.offset = now if math.isnan(known) or abs(now - known) > JUMP else known + 0.05 * (now - known)

    def _lowest(self, arrival: float, difference: float) -> float:
        """The least difference of the last `WINDOW`: a queue whose first is the least, as for any sliding minimum."""
        least = self._least
        while least and least[-1][1] >= difference:
            least.pop()
        least.append((arrival, difference))
        while least[0][0] < arrival - WINDOW:
            least.popleft()
        return least[0][1]


class FileClock:
    """The time of a recording: it began at `start`, and everything else its stream says."""

    def __init__(self, start: float) -> None:
        self._shift: float | None = None
        self._start = start
        self._newest = -math.inf
        self.last = -math.inf
        """The stream's own time of the last picture, counted from its beginning, seconds."""

    def when(self, stream: float | None) -> float:
        """When what has that stream time was taken."""
        if stream is None:
            return max(self._start, self._newest)
        return self._start + stream + (-stream if self._shift is None else self._shift)

    def stamp(self, stream: float | None) -> float:
        """When the next picture was taken; without a stream time a hair after that before."""
        if stream is not None:
            if self._shift is None:
                self._shift = -stream
            self._newest = max(self._start + stream + self._shift, self._newest + STEP)
        else:
            self._newest = max(self._start, self._newest + STEP)
        self.last = self._newest - self._start
        return self._newest
