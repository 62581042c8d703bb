"""Slack, over its Web API, Events API and Socket Mode."""
