"""The files of a page of its own: one document, its script, and the code of the widgets that it shows.

They hold no secret: what lets a page in is in the part of its address that browsers send to nobody.
"""

from __future__ import annotations

import hashlib

from realtime_widgets.lane.frames import PAGE
from realtime_widgets.lane.server import ServedFile
from realtime_widgets.widgets.base import bundle

#: Scripts from here and from blobs (worklets, formulas), nothing from other hosts, and no page around it.
_POLICY = (
    "default-src 'self'; script-src 'self' blob:; worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' data: blob:; connect-src 'self' ws: wss:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}
_DOCUMENT = b"""<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Talk</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="widgets.css">
    <script type="module" src="page.js"></script>
  </head>
  <body class="rw-page">
    <noscript>This page needs JavaScript.</noscript>
  </body>
</html>
"""
#: Texts of modules and styles of widgets, by their names.
_texts: dict[str, str] = {}


def publish(text: str, kind: str) -> str:
    """Have a module (``"js"``) or a style (``"css"``) served; return its name, the same for the same text."""
    name = f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.{kind}"
    _texts[name] = text
    return name


def find(path: str) -> ServedFile | None:
    """Return the file at a path of the kernel's server; None if there is none."""
    name = path.removeprefix(PAGE)
    if name == "":
        return ServedFile("text/html; charset=utf-8", _DOCUMENT, _HEADERS)
    if name in ("page.js", "widgets.css"):
        text = bundle(name).read_text()
    elif name in _texts:
        text = _texts[name]
    else:
        return None
    kind = "text/css" if name.endswith(".css") else "text/javascript"
    return ServedFile(f"{kind}; charset=utf-8", text.encode(), _HEADERS)
