"""What other commands ask of the stored past: reports, the life of a source, decisions, fixes, forgetting."""
