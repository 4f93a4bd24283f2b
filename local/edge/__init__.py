"""A caching edge before the declared `edge` buckets, as CloudFront is: see resources.Bucket."""
