"""Door 3: the banks call here. It keeps working while both web apps are down."""
