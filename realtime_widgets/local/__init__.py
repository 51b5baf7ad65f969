"""The embedded endpoint: the Realtime protocol served from this machine, with real speech models."""
