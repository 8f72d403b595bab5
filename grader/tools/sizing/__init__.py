"""Size a Lambda function for a training job: measure the user's samples, and calculate the settings."""
