"""Sources: what is shown to the model besides speech: objects of the kernel, cameras, screens.

It may import tools, images and what stands below.
"""
