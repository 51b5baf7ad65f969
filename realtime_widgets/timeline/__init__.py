"""Where the time of each turn goes: events, sound and the player's positions on one clock; and as a figure.

May import protocol, core and what stands below. Pure, but for the figure.
"""
