"""Who learns: the conversation, progress, the store, inbox and outbox."""
