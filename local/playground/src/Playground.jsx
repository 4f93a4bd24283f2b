import { useMemo } from 'react';
import { explorerPlugin } from '@graphiql/plugin-explorer';
import { GraphiQL, HISTORY_PLUGIN } from 'graphiql';
import { apiKey } from './caller.js';
import { CallerBadge } from './CallerBadge.jsx';
import { fetcherFor } from './fetcher.js';
import { DEFAULT_TABS } from './tabs.js';

// Outside the component: GraphiQL closes an open plugin when this list changes identity.
const PLUGINS = [HISTORY_PLUGIN, explorerPlugin({ showAttribution: false })];

export function Playground({ outputs }) {
  const caller = useMemo(() => apiKey(outputs), [outputs]);
  // A new fetcher makes GraphiQL ask for the schema again, so it changes with the caller alone.
  const fetcher = useMemo(() => fetcherFor(caller), [caller]);
  return (
    <GraphiQL fetcher={fetcher} defaultTabs={DEFAULT_TABS} plugins={PLUGINS}>
      <GraphiQL.Logo>
        Twinberry <CallerBadge caller={caller} />
      </GraphiQL.Logo>
    </GraphiQL>
  );
}
