"""security: what every answer tells browsers: what a page may load, who may frame it, what is not to be kept.

An answer of the API is no page: it may load nothing. The pages load from this server alone; styles may be inline,
because the component library and the map write some; pictures and workers may be made in the page itself.
"""

from __future__ import annotations

from collections.abc import Mapping

_ALL = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Browsers heed Strict-Transport-Security only where there is TLS."""

API: Mapping[str, str] = _ALL | {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
"""Of what is no page."""

PAGES: Mapping[str, str] = _ALL | {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; style-src 'self' 'unsafe-inline'; "
        "worker-src 'self' blob:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "Permissions-Policy": "camera=(self), geolocation=(self), microphone=()",
}
"""Of the pages: an officer's phone takes photos and says where it is."""
