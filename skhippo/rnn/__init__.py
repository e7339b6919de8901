"""Recurrent networks with HiPPO memory, in torch."""
