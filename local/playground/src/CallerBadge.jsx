import { tryParseJSONC, useGraphiQL } from '@graphiql/react';
import { hasCredentials } from './caller.js';

/** Says whom the next request of this tab is made as. */
export function CallerBadge({ caller }) {
  const typed = useGraphiQL((state) => state.tabs[state.activeTabIndex]?.headers);
  const own = hasCredentials(parse(typed));
  const hint = own
    ? 'The Headers pane has credentials, so the playground adds none of its own.'
    : 'Sent with every request. An "authorization" or "x-api-key" in the Headers pane replaces it.';
  return (
    <span className="caller" title={hint}>
      as <strong>{own ? 'typed in Headers' : caller.name}</strong>
    </span>
  );
}

/** Half-typed headers are no error here: GraphiQL says so itself when one runs the operation. */
function parse(text) {
  try {
    return new Headers(tryParseJSONC(text ?? '') ?? {});
  } catch {
    return new Headers();
  }
}
