"""What AWS's trainers and AWS itself want of a reward Lambda: contract, metrics, deployment, jobs."""
