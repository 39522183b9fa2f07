"""What deploy/ runs on engines, on loopback and without one: `python -m deploy.local`."""
