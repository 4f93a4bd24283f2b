"""What AppSync does around a resolver: credentials, documents, events, errors, limits."""
