"""Benchmarks: ratios measured side by side in one run, on a scratch database of their own."""
