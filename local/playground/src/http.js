import { ADDRESS } from './address.js';
import { hasCredentials, withCaller } from './callers.js';

/** Asks a query or a mutation as the caller; gives the answer, or the failure in its form. */
export async function ask(params, caller, typed) {
  const own = !hasCredentials(new Headers(typed));
  try {
    let response = await post(params, caller, typed);
    if (response.status === 401 && own && caller.forget) {
      // Nothing was executed. A reset or another twin on this port made the token worthless.
      caller.forget();
      response = await post(params, caller, typed);
    }
    return await response.json();
  } catch (error) {
    return { errors: [{ message: inWords(error) }] };
  }
}

async function post(params, caller, typed) {
  const body = JSON.stringify(params);
  const headers = await withCaller(caller, typed);
  headers.set('content-type', 'application/json');
  const signs = caller.sign && !hasCredentials(headers);
  const sent = signs ? await caller.sign(body, headers) : headers;
  return fetch(ADDRESS, { method: 'POST', body, headers: sent });
}

/** Browsers say no more of a server that is not there than "Failed to fetch", as a TypeError. */
function inWords(error) {
  return error instanceof TypeError
    ? `The request was not answered (${error.message}). Is the local server still running?`
    : error.message;
}
