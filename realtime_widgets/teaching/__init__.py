"""Teaching: the plan of a lesson, its certain answers, and the talk as a handout.

It may import the conversation, checks, tools and what stands below; sessions are above it.
"""
