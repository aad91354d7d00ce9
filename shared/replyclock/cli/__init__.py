"""The `replyclock` command."""
