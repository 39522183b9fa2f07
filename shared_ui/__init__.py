"""The look of the two web apps and the way both are served; nothing else may import it."""
