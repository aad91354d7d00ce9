"""The one place that knows AWS: what fills the ports of the use cases."""
