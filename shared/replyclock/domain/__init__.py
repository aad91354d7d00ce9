"""What the product is about: pure functions and values, without a world around them."""
