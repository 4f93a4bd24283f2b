// Who a request is made as. A caller is a name to show and the headers that prove it.
// A switch between callers (API key, alice, ada, a partner's token …) belongs here: one more
// function like `apiKey` for each, and state in Playground.jsx for the chosen one.

const CREDENTIALS = ['authorization', 'x-api-key'];

export function apiKey(outputs) {
  return { name: 'API key', headers: { 'x-api-key': outputs.data.api_key } };
}

/** Two credentials in one request contradict each other, so typed ones replace the caller's. */
export function hasCredentials(headers) {
  return CREDENTIALS.some((name) => headers.has(name));
}

export function withCaller(caller, typed) {
  const headers = new Headers(typed);
  if (!hasCredentials(headers)) {
    Object.entries(caller.headers).forEach(([name, value]) => headers.set(name, value));
  }
  return headers;
}
