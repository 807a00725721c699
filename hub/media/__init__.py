"""Files: where they are kept, by which addresses they are reached, how they come in and go out."""
