"""Door 4: a worker. It asks the banks about payments they have not told us of, until the truth is known."""
