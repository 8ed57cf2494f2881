"""A small transformer over tokens."""
