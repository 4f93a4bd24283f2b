"""Devices: what they are, what they measure, when that is alarming, which firmware they run.

It owns devices, their readings and alerts' rules. It promises that a message of a device is one
reading, however often it comes, that nothing is published before it is stored, and that whoever
has seen a cursor gets all that came behind it, in order.
"""
