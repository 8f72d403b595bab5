"""Size a Lambda function for a training job: measure the user's own samples, and calculate what they need."""
