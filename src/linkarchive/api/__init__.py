"""What `import linkarchive` gives (docs/api.md): each function and method calls one function of a room.

Rooms are imported when they are needed: `extract` of bytes loads neither the network nor the database.
"""
