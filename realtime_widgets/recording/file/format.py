"""What a recording calls itself, and the version of its format; see FORMAT.md."""

FORMAT = "realtime_widgets recording"
#: Counted up when an older reader could not read it any more; what it does not know, a reader passes over.
VERSION = 1
#: The ending of its name.
SUFFIX = ".rwz"
