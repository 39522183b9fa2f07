"""A deterministic little world for each seed, in which everything goes wrong that can go wrong with a withdrawal.

Owners, lanes, workers, a network and a bank are models; the decisions are `money.withdrawal.next_step` itself.
`python -m tests.withdraw_simulator --seeds 1000000` runs many worlds and shows the first one that breaks.
"""
