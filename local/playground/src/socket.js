import { createClient } from 'graphql-ws';
import { SOCKET_ADDRESS } from './address.js';
import { hasCredentials, withCaller } from './callers.js';

const FORBIDDEN = 4403; // how a connection is refused
const AWAY = 'waiting for the server';

/**
 * Subscribes as the caller, by a connection of its own, and again whenever the server comes back.
 *
 * Tells `told.state` how it stands, `told.event` what comes, and `told.end` once, how it ended and
 * with which errors. Returns what stops it.
 */
export function subscribe(params, caller, typed, told) {
  const own = !hasCredentials(new Headers(typed));
  if (caller.sign && own) {
    const message = `The playground cannot sign a subscription, as ${caller.name} would have to.`;
    told.end('not sent', [{ message }]);
    return () => {};
  }
  let renewed = false;
  const client = createClient({
    url: SOCKET_ADDRESS,
    connectionParams: async () => Object.fromEntries(await withCaller(caller, typed)),
    retryAttempts: Infinity,
    retryWait: (attempt) => passed(Math.min(500 * 2 ** attempt, 5000)),
    shouldRetry({ code }) {
      if (code !== FORBIDDEN) return true;
      if (renewed || !own || !caller.forget) return false;
      caller.forget(); // it may be the token that is too old
      return (renewed = true);
    },
    on: {
      connected() {
        renewed = false;
        told.state(`listening as ${own ? caller.name : 'typed in Headers'}`);
      },
      closed: () => told.state(AWAY),
    },
  });
  return client.subscribe(params, {
    next: told.event,
    error: (problem) => told.end('refused', errorsOf(problem)),
    complete: () => told.end('ended by the server'),
  });
}

const passed = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/** What the server said, of one subscription or by closing the connection, as GraphQL errors. */
function errorsOf(problem) {
  if (Array.isArray(problem)) return problem;
  if ('code' in problem) {
    return [{ message: problem.reason || 'The connection was closed.', closeCode: problem.code }];
  }
  return [{ message: problem.message }];
}
