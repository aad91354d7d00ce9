"""What reports are about, and what SQL cannot say of it."""
