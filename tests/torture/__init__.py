"""People at random, faults at random, and whether the books balance afterwards (`make torture`)."""
