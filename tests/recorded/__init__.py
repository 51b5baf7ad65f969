"""Sessions against recordings of real services, if the variable ``REALTIME_RECORDINGS`` names a folder of them."""
