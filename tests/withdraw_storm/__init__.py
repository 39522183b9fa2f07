"""The storm of withdrawals: real processes under kill -9, banks with every fault on, and whether each was paid once.

`python -m tests.withdraw_storm` starts a whole house of its own and prints one JSON object.
"""
