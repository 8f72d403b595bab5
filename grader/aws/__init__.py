"""Make AWS clients, repeat calls, and word their errors: the only package that knows botocore."""
