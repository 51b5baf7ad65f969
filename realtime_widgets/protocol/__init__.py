"""The wire: typed events, endpoints and how to authenticate, the WebSocket connection."""
