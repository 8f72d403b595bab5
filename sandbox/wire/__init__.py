"""The contract between processes: framing, values, messages, and what the kernel reports. Test cases may import it."""
