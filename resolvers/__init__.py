"""Lambda code: one package per bounded context, and the kernel they share."""
