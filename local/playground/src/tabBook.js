import { API_KEY } from './callers.js';
import { Subscription } from './subscription.js';
import { DEFAULT_TABS } from './tabs.js';

const STORED = 'twinberry:callers';

/**
 * What each of GraphiQL's tabs has besides its texts: its caller, and its running subscription.
 *
 * GraphiQL itself knows one subscription, and lets go of it when another tab is opened. Here it
 * runs on, and GraphiQL is attached to it again when its tab comes back.
 */
export class TabBook {
  #callers;
  #chosen = stored(); // tab's id → caller's id
  #running = new Map(); // tab's id → Subscription
  #active;
  #graphiql; // { run, stop }, its actions
  #attaching = false;
  #left = null; // what GraphiQL has let go of just now
  #moved = false; // because another tab was opened
  #settling = false;
  #watchers = new Set();
  #version = 0;

  constructor(callers) {
    this.#callers = callers;
  }

  // What React's useSyncExternalStore wants.
  watch = (watcher) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };
  version = () => this.#version;

  use(graphiql) {
    this.#graphiql = graphiql;
  }

  get caller() {
    const id = this.#chosen[this.#active];
    return this.#callers.find((caller) => caller.id === id) ?? this.#callers[0];
  }

  choose(id) {
    this.#chosen[this.#active] = id;
    this.#keep();
  }

  running(tab) {
    return this.#running.get(tab);
  }

  /** Takes note of GraphiQL's tabs; to be called with every change of them. */
  see = ({ tabs, activeTabIndex }) => {
    const active = tabs[activeTabIndex].id;
    if (active !== this.#active) this.#running.get(this.#active)?.leave();
    if (active !== this.#active || this.#left) this.#soon({ moved: true });
    const before = this.#chosen;
    const inherited = before[this.#active] ?? API_KEY;
    this.#chosen = Object.fromEntries(
      tabs.map(({ id, query }) => [id, before[id] ?? proposed(query) ?? inherited]),
    );
    this.#active = active;
    if (tabs.some(({ id }) => !before[id]) || tabs.length < Object.keys(before).length) {
      this.#close(tabs);
      this.#keep();
    }
  };

  /** Gives GraphiQL the active tab's subscription: the running one to attach to, or a new one. */
  subscription(open) {
    const tab = this.#active;
    if (!this.#attaching) {
      this.#running.get(tab)?.stop();
      const left = (subscription) => {
        this.#left = subscription;
        this.#soon({ moved: false });
      };
      this.#running.set(tab, new Subscription(open, left, () => this.#tell()));
    }
    return this.#running.get(tab);
  }

  get isAttaching() {
    return this.#attaching;
  }

  /** Waits until GraphiQL is done: only then can Stop be told from a change of tabs. */
  #soon({ moved }) {
    this.#moved ||= moved;
    if (!this.#settling) queueMicrotask(() => this.#settle());
    this.#settling = true;
  }

  #settle() {
    const [left, moved] = [this.#left, this.#moved];
    this.#left = null;
    this.#moved = this.#settling = false;
    if (!moved) {
      left.stop();
      return;
    }
    left?.leave();
    this.#graphiql.stop();
    if (this.#running.has(this.#active)) this.#attach();
  }

  /** GraphiQL takes up a subscription only by running its tab: it does, and gets the old one. */
  #attach() {
    this.#attaching = true;
    this.#graphiql.run();
    this.#attaching = false;
  }

  #close(tabs) {
    const open = new Set(tabs.map(({ id }) => id));
    for (const [id, subscription] of this.#running) {
      if (!open.has(id)) {
        this.#running.delete(id);
        subscription.leave();
        subscription.stop();
      }
    }
  }

  #keep() {
    localStorage.setItem(STORED, JSON.stringify(this.#chosen));
    this.#tell();
  }

  #tell() {
    for (const [tab, subscription] of this.#running) {
      if (subscription.ended && subscription.isWatched) this.#running.delete(tab);
    }
    this.#version += 1;
    this.#watchers.forEach((watcher) => watcher());
  }
}

function proposed(query) {
  return DEFAULT_TABS.find((tab) => tab.query === query)?.as;
}

function stored() {
  try {
    return JSON.parse(localStorage.getItem(STORED)) ?? {};
  } catch {
    return {};
  }
}
