"""Find references in samples, and fetch those that are kept in S3 or in files.

What is fetched is data, read as if it had come with the sample. It is cached in memory, never on disk.
"""
