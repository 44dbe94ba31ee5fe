"""`python -m pnet_tf`: the command line."""

from .cli import main

main(prog_name="pnet-tf")
