"""Event source mappings: what brings streams and queues to their workers, as Lambda's pollers do.

One loop for Kinesis, DynamoDB streams and SQS. It honours what a worker declares: batch size and
window, parallelisation by partition key, retries, halving, partial failures, on-failure queue.
Everything is delivered at least once, and the records of one key in their order.
"""
