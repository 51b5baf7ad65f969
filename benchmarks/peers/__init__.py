"""Programs of comparable projects that say back what a microphone in the browser hears, for `browser_peers`."""
