"""Programs that talk, each with another client: started as processes of their own, told and asked by lines."""
