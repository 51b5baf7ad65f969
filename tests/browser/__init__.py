"""What a person sees and hears: the widgets in a real JupyterLab, in Chromium."""
