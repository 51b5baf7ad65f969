"""Programs of comparable projects that send back the audio of a browser's microphone, for `browser_peers`."""
