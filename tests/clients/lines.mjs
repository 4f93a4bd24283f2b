// A client under test is told by its standard input what to do, a JSON object a line, and tells
// what it lets its user see, and the frames that it got, the same way.
import { createInterface } from 'node:readline';

export const ENDPOINT = `${process.argv[2]}/graphql`;
const say = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);
console.log = console.error; // the output is the test's

/** A WebSocket class whose instances tell which frames they get. */
export function observed(Socket) {
  return class extends Socket {
    constructor(...given) {
      super(...given);
      this.addEventListener('open', () => say({ event: 'frame', type: 'open' }));
      this.addEventListener('message', ({ data }) => say({ event: 'frame', ...JSON.parse(data) }));
      this.addEventListener('close', ({ code }) => say({ event: 'frame', type: 'close', code }));
    }
  };
}

/** What an application can read of an error, whatever its library made of it. */
function words(error) {
  // Apollo passes on as a cause what is no error of its own.
  const errors = Array.isArray(error) ? error : (error.errors ?? error.cause?.errors);
  if (errors) return errors.map(words).join('; ');
  return error.message ?? `${error.code} ${error.reason}`; // the other is a socket's end
}

const running = new Map(); // name → the function that ends the subscription

function fail(name, error) {
  running.delete(name); // some clients complete as well
  say({ event: 'error', name, message: words(error) });
}

/** An observer of a subscription. */
export const observer = (name) => ({
  next: ({ data, error, errors }) => {
    const refused = error ?? (data ? undefined : errors);
    if (refused) fail(name, refused);
    else say({ event: 'data', name, data });
  },
  error: (error) => fail(name, error),
  complete: () => running.has(name) && say({ event: 'complete', name }),
});

/**
 * Do as told: `subscribe` gives the function that ends a subscription, `ask` the data of a query.
 * Both get {name, query, variables, caller}.
 */
export function obey({ subscribe, ask }) {
  const commands = {
    subscribe: async (given) => running.set(given.name, await subscribe(given)),
    unsubscribe: ({ name }) => {
      const end = running.get(name);
      running.delete(name); // what it is told of its own wish says nothing
      end();
    },
    ask: async (given) => say({ event: 'answer', data: await ask(given) }),
  };
  const input = createInterface({ input: process.stdin });
  input.on('line', async (line) => {
    const { command, ...given } = JSON.parse(line);
    try {
      await commands[command](given);
    } catch (error) {
      say({ event: 'error', name: given.name, message: words(error) });
    }
  });
  input.on('close', () => process.exit());
}
