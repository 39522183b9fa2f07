"""Google and GitHub as they vouch for somebody: where to send a browser, and who it is that comes back."""
