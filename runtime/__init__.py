"""What every process shares: logs, health, metrics, a clean stop, batching, and the supervisor of `up`."""
