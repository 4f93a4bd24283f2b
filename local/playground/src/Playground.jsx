import { explorerPlugin } from '@graphiql/plugin-explorer';
import { GraphiQL, HISTORY_PLUGIN } from 'graphiql';
import { useState } from 'react';
import { callersOf } from './callers.js';
import { CallerSwitch } from './CallerSwitch.jsx';
import { fetcherFor } from './fetcher.js';
import { LiveTabs } from './LiveTabs.jsx';
import { TabBook } from './tabBook.js';
import { DEFAULT_TABS } from './tabs.js';

// Outside the component: GraphiQL closes an open plugin when this list changes identity.
const PLUGINS = [HISTORY_PLUGIN, explorerPlugin({ showAttribution: false })];

export function Playground({ outputs }) {
  const [{ callers, book, fetcher }] = useState(() => made(outputs));
  return (
    <GraphiQL
      fetcher={fetcher}
      defaultTabs={DEFAULT_TABS}
      plugins={PLUGINS}
      onTabChange={book.see}
    >
      <GraphiQL.Logo>
        <CallerSwitch book={book} callers={callers} />
        <span className="name">Twinberry</span>
        <LiveTabs book={book} />
      </GraphiQL.Logo>
    </GraphiQL>
  );
}

/** Made once: a new fetcher would make GraphiQL ask for the schema again. */
function made(outputs) {
  const callers = callersOf(outputs);
  const book = new TabBook(callers);
  return { callers, book, fetcher: fetcherFor(book, callers[0]) };
}
