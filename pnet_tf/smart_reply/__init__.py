"""Raw message-response pairs to replies: read, count, keep what is short, frequent and safe."""
