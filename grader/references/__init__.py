"""References: where they are in a sample, and how those are fetched that are kept in S3 or in a file.

What is fetched is data, read as if it had come with the sample; it is kept in memory, never on disk.
"""
