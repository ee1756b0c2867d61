"""The conformance suite of tinytorch: cases, the document replayer, reports."""
