"""Pages that join the rooms, a module each: they know HTTP and no rules."""
