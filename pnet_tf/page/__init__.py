"""A model in one HTML file that anyone can open: the runtime, the model and the page itself."""
