"""Alerts: every reading beyond a limit of its device's rules is told to the topic, once or more.

An alert is named after its reading, so that who is told twice can tell. The message attributes
`deviceId` and `severity` are there for subscriptions' filter policies.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from resolvers.devices.model import Alert, Device, alert
from resolvers.devices.resources import ALERTS, CONTEXT
from resolvers.shared import aws, settings
from resolvers.shared.shapes import to_json
from subscriptions.model import Failed, Message

ENTRIES = 10  # SNS' own limit


def alerts(messages: Sequence[Message], devices: Mapping[str, Device]) -> list[Alert]:
    """List the alerts that readings of known devices are reason for, in order."""
    found = [
        alert(message.reading, rules)
        for message in messages
        if (rules := devices[message.reading.device_id].alert_rules)
    ]
    return [each for each in found if each]


def notify(alerts: Sequence[Alert]) -> None:
    """Send alerts to the topic; raises Failed if some did not get there."""
    for start in range(0, len(alerts), ENTRIES):
        some = alerts[start : start + ENTRIES]
        answer = aws.client("sns").publish_batch(
            TopicArn=settings.place("topic", CONTEXT.name, ALERTS.name),
            PublishBatchRequestEntries=[_entry(n, alert) for n, alert in enumerate(some)],
        )
        if answer.get("Failed"):
            raise Failed(f"{len(answer['Failed'])} alerts did not get to the topic")


def _entry(number: int, alert: Alert) -> dict[str, Any]:
    attributes = {"deviceId": alert.device_id, "severity": alert.severity.value}
    return {
        "Id": str(number),
        "Message": json.dumps(to_json(alert), ensure_ascii=False),
        "MessageAttributes": {
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
        },
    }
