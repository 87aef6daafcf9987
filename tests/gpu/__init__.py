"""What a machine with CUDA is asked: `make gpu`."""
