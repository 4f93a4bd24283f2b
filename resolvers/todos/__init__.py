"""Todos: each person's own, kept on several devices that are not always on line.

It owns the todos. It promises that nobody sees or guesses another's, that a retry makes nothing
twice, that no change is overwritten unseen, and that a device which syncs misses no change.
"""
