"""Fused kernels of the neural-network functions."""
