"""When to teach: spacing of reviews, slots in a learner's own day, and the ticker that looks what is due."""
