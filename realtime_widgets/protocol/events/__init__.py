"""Events of the Realtime protocol (GA), typed, and the decoding of what a server sends.

Each event is a class named once, in `client`, `server` or `response`; everything public of these modules is
public here.

Items, responses and session settings stay plain dictionaries in the service's own shape, so that fields
which this package does not know are kept. Unknown fields of an event are in its `extra`; an event of an unknown
type becomes an `OtherEvent` with all its data. Imports nothing else of the package.
"""

from realtime_widgets.protocol.events.client import *
from realtime_widgets.protocol.events.decoding import *
from realtime_widgets.protocol.events.response import *
from realtime_widgets.protocol.events.server import *
