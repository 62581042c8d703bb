"""The store: tables, the database itself, and what the conversation sees of both."""
