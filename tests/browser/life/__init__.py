"""The life of a talk in a real JupyterLab: what happens to the notebook around it, in many orders."""
