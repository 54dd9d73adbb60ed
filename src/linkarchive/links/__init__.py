"""links.txt (docs/links.md): its lines, which citation each belongs to, and what to add or take out."""
