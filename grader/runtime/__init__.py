"""The entry point of the image: start the serving process without secrets in its initial environment."""
