"""What is beside infra/analytics.yaml: its functions, the views, and two commands."""
