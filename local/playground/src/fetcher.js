import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { withCaller } from './caller.js';

// Not outputs.data.url: the page may be open as 127.0.0.1 or through a forwarded port, and only
// its own origin is sure to reach the server it came from.
const ADDRESS = '/graphql';

/** Sends operations, introspection too, as the caller. Subscriptions will add a `wsClient`. */
export function fetcherFor(caller) {
  return createGraphiQLFetcher({
    url: ADDRESS,
    fetch: (url, init) => fetch(url, { ...init, headers: withCaller(caller, init.headers) }),
    // AppSync has neither @defer nor @stream.
    enableIncrementalDelivery: false,
  });
}
