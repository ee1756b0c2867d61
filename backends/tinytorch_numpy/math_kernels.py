"""Elementwise functions that NumPy lacks or defines differently."""
