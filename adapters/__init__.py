"""Where learners are: terminal, Telegram, Slack, web, and the command line that runs them."""
