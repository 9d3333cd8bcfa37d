raise ValueError("bad at import")
