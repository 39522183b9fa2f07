"""One page a module, so that what one page needs does not travel with the others."""
