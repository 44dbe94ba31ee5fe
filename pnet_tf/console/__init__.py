"""What the commands show a person after the work, one module for each of `cli`."""
