"""What a person can do, one file per verb. Doors call these; they call the ledger and the banks."""
