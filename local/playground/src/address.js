// Not outputs.data.url: the page may be open as 127.0.0.1 or through a forwarded port, and only
// its own origin is sure to reach the server it came from.
export const ADDRESS = new URL('/graphql', location.href).href;

export const SOCKET_ADDRESS = ADDRESS.replace(/^http/, 'ws');
