import { getOperationAST, parse } from 'graphql';
import { ask } from './http.js';
import { subscribe } from './socket.js';

/** Sends what GraphiQL runs as the active tab's caller; the schema is asked for as `anyone`. */
export function fetcherFor(book, anyone) {
  return ({ operationName, ...params }, { documentAST, headers } = {}) => {
    if (book.isAttaching) return book.subscription();
    if (!documentAST && operationName === 'IntrospectionQuery') return ask(params, anyone, headers);
    const operation = operationOf(params.query, operationName);
    const request = { ...params, operationName: operation ? operation.name?.value : operationName };
    if (operation?.operation !== 'subscription') return ask(request, book.caller, headers);
    return book.subscription((told) => subscribe(request, book.caller, headers, told));
  };
}

/** GraphiQL's `documentAST` and `operationName` lag behind the text: they may be another tab's. */
function operationOf(query, name) {
  try {
    const document = parse(query);
    return getOperationAST(document, name) ?? getOperationAST(document);
  } catch {
    return null; // the server says what is wrong with it
  }
}
