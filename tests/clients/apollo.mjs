// Apollo Client with AWS's links.
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client';
// Its ESM build can't sign in Node ("Sha256 is not a constructor"): `require` gets the other.
import { createRequire } from 'node:module';
import { ENDPOINT, obey, observed, observer } from './lines.mjs';

const require = createRequire(import.meta.url);
const { createAuthLink } = require('aws-appsync-auth-link');
const { createSubscriptionHandshakeLink } = require('aws-appsync-subscription-link');

globalThis.WebSocket = observed(WebSocket);
const clients = new Map();

function auth({ mode, apiKey, token, credentials }) {
  if (mode === 'apiKey') return { type: 'API_KEY', apiKey };
  if (mode === 'userPool') return { type: 'AMAZON_COGNITO_USER_POOLS', jwtToken: async () => token };
  if (mode === 'lambda') return { type: 'AWS_LAMBDA', token };
  return { type: 'AWS_IAM', credentials };
}

function clientOf(caller) {
  const key = JSON.stringify(caller);
  if (!clients.has(key)) {
    const settings = { url: ENDPOINT, region: caller.region ?? 'us-east-1', auth: auth(caller) };
    // What Apollo would add to the body after it was signed breaks the signature, on AWS too.
    const http = new HttpLink({ uri: ENDPOINT, enhancedClientAwareness: { transport: false } });
    const links = [createAuthLink(settings), createSubscriptionHandshakeLink(settings, http)];
    clients.set(key, new ApolloClient({ link: ApolloLink.from(links), cache: new InMemoryCache() }));
  }
  return clients.get(key);
}

function subscribe({ name, query, variables, caller }) {
  const events = clientOf(caller).subscribe({ query: gql(query), variables });
  const subscription = events.subscribe(observer(name));
  return () => subscription.unsubscribe();
}

async function ask({ query, variables, caller }) {
  const client = clientOf(caller);
  const document = gql(query);
  const changes = document.definitions[0].operation === 'mutation';
  const { data, error } = changes
    ? await client.mutate({ mutation: document, variables })
    : await client.query({ query: document, variables });
  if (error) throw error;
  return data;
}

obey({ subscribe, ask });
