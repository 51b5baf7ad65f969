"""What a console shows when it is asked: where the time goes, every event, money and limits.

It may import the other widgets and what stands below them.
"""
