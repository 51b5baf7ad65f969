"""Audio for the fake microphone, and analysis of recorded audio."""
