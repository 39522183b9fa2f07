"""How we and a bank speak: messages, signatures, the client, and one adapter per bank. Both sides use it."""
