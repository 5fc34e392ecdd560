"""The Vedro side: its events, options and flags; nothing else imports Vedro."""
