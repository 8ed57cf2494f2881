"""The JSON documents that umlkit writes and reads back, one pydantic record each, with a version in every file."""
