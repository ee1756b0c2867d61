"""Where torch keeps the transforms that ``torch.func`` publishes; older code imports them here."""
