"""The kernel: what every context uses and none owns."""
