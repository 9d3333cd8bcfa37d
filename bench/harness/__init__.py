"""What bench/run and the demo are made of. Python 3.11, standard library only."""
