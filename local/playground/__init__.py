"""The web page at `/`: GraphiQL, served wholly from our own origin."""
