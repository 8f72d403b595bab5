"""Grade on a deployed function: send batches, and return one grade for each sample."""
