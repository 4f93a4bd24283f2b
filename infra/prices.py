"""AWS's list prices in us-east-1, in dollars, without free tiers; each with where it is from."""

from dataclasses import dataclass

MILLION = 1e6
GB = 2**30


@dataclass(frozen=True, slots=True)
class Price:
    """So many dollars for so many units of something."""

    item: str
    dollars: float
    per: float
    unit: str
    source: str

    def of(self, quantity: float) -> float:
        """Give what a quantity costs."""
        return quantity / self.per * self.dollars


APPSYNC = "AppSync's pricing page, 2026"
LAMBDA = "copies of Lambda's pricing page"
DYNAMO = "airbyte.com, July 2025"
TRANSFER = "amnic.com and apigatewaycost.com, 2026"
OWN = "AWS's pricing page of the service, from memory: unverified"

OPERATIONS = Price("AppSync operations", 4.00, MILLION, "million", APPSYNC)
UPDATES = Price("AppSync real-time updates", 2.00, MILLION, "million of 5 KB", APPSYNC)
CONNECTIONS = Price("AppSync connections", 0.08, MILLION, "million minutes", APPSYNC)
INVOCATIONS = Price("Lambda requests", 0.20, MILLION, "million", LAMBDA)
COMPUTING = Price("Lambda on arm64", 0.0000133334, 1, "GB-s", LAMBDA)
COMPUTING_X86 = Price("Lambda on x86, for comparison", 0.0000166667, 1, "GB-s", LAMBDA)
READS = Price("DynamoDB reads on demand", 0.125, MILLION, "million units", DYNAMO)
WRITES = Price("DynamoDB writes on demand", 0.625, MILLION, "million units", DYNAMO)
STORAGE = Price("DynamoDB storage", 0.25, GB, "GB-month", f"{DYNAMO}, unverified")
STREAMS = Price("Kinesis streams on demand", 0.04, 1, "stream-hour", "unverified")
STREAM_IN = Price("Kinesis, written", 0.08, GB, "GB", "unverified")
STREAM_OUT = Price("Kinesis, read", 0.04, GB, "GB", "unverified")
DATA_OUT = Price("Data out", 0.09, GB, "GB", TRANSFER)
LOGS = Price("CloudWatch logs", 0.50, GB, "GB", OWN)
MESSAGES = Price("IoT Core messages, the first 1,000 million", 1.00, MILLION, "million", OWN)
MORE_MESSAGES = Price("IoT Core messages, the next 4,000 million", 0.80, MILLION, "million", OWN)
ONLINE = Price("IoT Core connections", 0.08, MILLION, "million minutes", OWN)
RULES = Price("IoT Core rules and their actions", 0.15, MILLION, "million of each", OWN)
FIREHOSE = Price("Firehose", 0.029, GB, "GB", OWN)
SNAPSHOTS = Price("SnapStart, kept snapshot", 0.0000015046, 1, "GB-s", OWN)

ALL = [each for each in list(globals().values()) if isinstance(each, Price)]
