"""A recording as other files: a page, a notebook, sound. Imports the state, the lines and the times of a talk."""
