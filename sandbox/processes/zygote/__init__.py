"""The zygote process: the fork server, and the launcher that becomes one."""
