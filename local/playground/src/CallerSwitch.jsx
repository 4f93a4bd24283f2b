import { tryParseJSONC, useGraphiQL } from '@graphiql/react';
import { useSyncExternalStore } from 'react';
import { hasCredentials } from './callers.js';

const HINT = 'Whom this tab asks as. A running subscription stays who it was.';

/** Says whom the active tab asks as, and changes it. */
export function CallerSwitch({ book, callers }) {
  useSyncExternalStore(book.watch, book.version);
  const typed = useGraphiQL((state) => state.tabs[state.activeTabIndex]?.headers);
  if (hasCredentials(parse(typed))) return <Typed />;
  const { id, about } = book.caller;
  return (
    <label className="caller" title={HINT}>
      as
      <select aria-label="Ask as" value={id} onChange={(event) => book.choose(event.target.value)}>
        {[...Map.groupBy(callers, ({ kind }) => kind)].map(([kind, members]) => (
          <optgroup key={kind} label={kind}>
            {members.map((caller) => (
              <option key={caller.id} value={caller.id}>
                {caller.name}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
      <span className="caller-about">{about}</span>
    </label>
  );
}

function Typed() {
  const hint = 'The Headers pane has credentials, so the playground adds none of its own.';
  return (
    <span className="caller" title={hint}>
      as <strong>typed in Headers</strong>
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
