// graphql-ws over the ws package, as Relay, urql and Apollo's GraphQLWsLink use it.
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { ENDPOINT, obey, observed, observer } from './lines.mjs';

const clients = new Map(); // one socket for each caller
const webSocketImpl = observed(WebSocket);

function clientOf(caller) {
  const key = JSON.stringify(caller);
  if (!clients.has(key)) {
    const { mode, apiKey, token } = caller;
    const connectionParams = mode === 'apiKey' ? { 'x-api-key': apiKey } : { authorization: token };
    const url = ENDPOINT.replace('http', 'ws');
    const retryWait = async () => {}; // by default one to four seconds
    clients.set(key, createClient({ url, webSocketImpl, connectionParams, retryWait }));
  }
  return clients.get(key);
}

function subscribe({ name, query, variables, caller }) {
  return clientOf(caller).subscribe({ query, variables }, observer(name));
}

async function ask({ query, variables, caller }) {
  for await (const { data, errors } of clientOf(caller).iterate({ query, variables })) {
    if (errors) throw errors;
    return data;
  }
}

obey({ subscribe, ask });
