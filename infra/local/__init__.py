"""The whole system on a laptop: the real `template.yaml`, deployed to a local cloud."""
