"""Programs that talk, each with a different client: started as separate processes and controlled by lines."""
