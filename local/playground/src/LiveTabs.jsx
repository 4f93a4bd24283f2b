import { pick, useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { useLayoutEffect, useSyncExternalStore } from 'react';

/** Ties GraphiQL to the book, and marks the tabs whose subscription runs, with what came unseen. */
export function LiveTabs({ book }) {
  useSyncExternalStore(book.watch, book.version);
  const { tabs, activeTabIndex } = useGraphiQL(pick('tabs', 'activeTabIndex'));
  const { run, stop } = useGraphiQLActions();
  useLayoutEffect(() => {
    book.use({ run, stop });
    book.see({ tabs, activeTabIndex });
  }, []); // from then on GraphiQL tells of changes by itself
  return <style>{tabs.map((tab, index) => mark(index, book.running(tab.id))).join('')}</style>;
}

// GraphiQL draws its tabs itself and takes no content for them; a style reaches them.
function mark(index, subscription) {
  if (!subscription || (subscription.ended && !subscription.unseen)) return '';
  const sign = subscription.ended ? '○' : '●';
  const text = [sign, subscription.unseen || ''].join(' ').trim();
  return `#graphiql-session-tab-${index}::before { content: "${text}"; }\n`;
}
