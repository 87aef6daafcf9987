"""Labs: figures and controls on the screen, one lab a file."""
