"""Reading articles: bytes of many formats in, `model.Article` out; no network."""
