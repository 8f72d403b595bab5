"""The contract between the processes: framing, values, messages. Test cases may import it."""
