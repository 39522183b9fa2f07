"""The pure part: amounts, refusals and the rules of payments. Standard library only; no clock, network or database."""
