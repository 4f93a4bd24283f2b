"""AWS IoT Core as devices see it: an MQTT broker, the rules, and Firehose behind the streams.

MQTT 3.1.1 with the limits of AWS IoT: no QoS 2, no retained messages, 128 KB a message.
"""
