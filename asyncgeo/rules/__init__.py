"""The rule reader."""
