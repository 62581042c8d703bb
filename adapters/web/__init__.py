"""The web application: what the platforms call, and what tells an operator how Tutor is."""
