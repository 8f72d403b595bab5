"""What a reward is: samples in, a reward and separate metrics per sample out."""
