"""`python -m local devices`: devices that send readings to a twin, over real MQTT."""
