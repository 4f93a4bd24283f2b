"""The twin: AppSync, Lambda and the account's resources on a laptop. Nothing here is deployed."""
