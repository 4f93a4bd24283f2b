// Whom a request can be made as. A caller is
//   { id, kind, name, about, credentials(): Promise<object>, forget?(), sign?(body, headers) }
// `forget` drops a token that was refused, `sign` is for callers who prove themselves by signature.
import { signed } from './signature.js';
import { tokenOf } from './token.js';

const CREDENTIALS = ['authorization', 'x-api-key'];

export const API_KEY = 'api-key';

/** Everybody the twin knows, by what it says of itself: users and groups are stated there alone. */
export function callersOf({ data, custom }) {
  return [
    {
      id: API_KEY,
      kind: 'API key',
      name: 'API key',
      about: 'anybody',
      credentials: async () => ({ 'x-api-key': data.api_key }),
    },
    ...custom.users.map(seededUser),
    {
      id: 'partner',
      kind: 'Lambda authorizer',
      name: custom.lambda_token,
      about: 'partner',
      credentials: async () => ({ authorization: custom.lambda_token }),
    },
    {
      id: 'publisher',
      kind: 'IAM',
      name: 'publisher',
      about: 'signs its requests',
      credentials: async () => ({}),
      sign: (body, headers) => signed(custom.publisher, body, headers),
    },
  ];
}

function seededUser({ name, groups }) {
  const token = tokenOf(name);
  return {
    id: `user:${name}`,
    kind: 'Cognito users',
    name,
    about: groups.length ? `group ${groups.join(', ')}` : 'no group',
    credentials: async () => ({ authorization: await token.get() }),
    forget: token.forget,
  };
}

/** Two credentials in one request contradict each other, so typed ones replace the caller's. */
export function hasCredentials(headers) {
  return CREDENTIALS.some((name) => headers.has(name));
}

/** The typed headers, with the caller's credentials unless there are typed ones. */
export async function withCaller(caller, typed) {
  const headers = new Headers(typed);
  if (!hasCredentials(headers)) {
    const own = await caller.credentials();
    Object.entries(own).forEach(([name, value]) => headers.set(name, value));
  }
  return headers;
}
