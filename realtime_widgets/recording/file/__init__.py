"""The file of a recording: its parts and its sound, without what they say. Pure."""
