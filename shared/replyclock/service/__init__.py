"""The use cases. They speak to ports, and know neither AWS nor HTTP."""
