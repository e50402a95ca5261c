"""Bad days, each as a test against real servers: what is killed, stopped, filled, slowed or refused.

The tests are named after the faults; `rig.py` is the installation that they happen to.
"""
