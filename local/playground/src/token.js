const ADDRESS = '/local/token';
const MARGIN = 60; // seconds before its end in which a token is no longer used

/** The id token of a seeded user, asked for when it is needed and kept while it lasts. */
export function tokenOf(user) {
  let kept = null;
  return {
    get() {
      if (!kept || Date.now() > kept.until) kept = start(user, () => (kept = null));
      return kept.token;
    },
    forget: () => {
      kept = null;
    },
  };
}

/** Those who ask while one is on its way share it; a failure is nobody's but theirs. */
function start(user, failed) {
  const asked = { until: Infinity };
  asked.token = signIn(user).then(({ idToken, expiresIn }) => {
    asked.until = Date.now() + (expiresIn - MARGIN) * 1000;
    return idToken;
  });
  asked.token.catch(failed);
  return asked;
}

async function signIn(user) {
  const response = await fetch(ADDRESS, { method: 'POST', body: JSON.stringify({ user }) });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${user} could not sign in: ${answer.errors[0].message}`);
  return answer;
}
