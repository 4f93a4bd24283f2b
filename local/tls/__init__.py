"""TLS and plain HTTP on one port, told apart by a connection's first byte."""
