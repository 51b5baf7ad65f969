"""Sessions that only write down what is said: segments with their times, subtitles, and when the client commits.

Pure. Imports what stands below it in `core`; `CaptionCore` is the session's core, which here never answers.
"""
