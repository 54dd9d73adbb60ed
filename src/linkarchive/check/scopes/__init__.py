"""What captures hold beside the document: what a page needs to be shown (`page`), what a browser saw (`rendered`)."""
