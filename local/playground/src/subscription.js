const KEPT = 50;

/**
 * A running subscription: how it stands and what came, newest first.
 *
 * It goes on while nobody watches it. Towards GraphiQL it is an observable.
 */
export class Subscription {
  unseen = 0;
  ended = false;
  #state = 'connecting';
  #errors;
  #events = [];
  #count = 0;
  #sink = null;
  #stop;
  #left;
  #changed;
  #frame = 0;

  /** `open(told)` begins it and returns what stops it; `left` hears that GraphiQL let go of it. */
  constructor(open, left, changed) {
    this.#left = left;
    this.#changed = changed;
    this.#stop = open({
      state: (state) => this.#set(state),
      event: (result) => this.#add(result),
      end: (state, errors) => this.#end(state, errors),
    });
  }

  subscribe(sink) {
    this.#sink = sink;
    this.#show();
    // Not at once: GraphiQL notes what it subscribed to only when this function has returned.
    if (this.ended) queueMicrotask(() => sink.complete());
    return { unsubscribe: () => this.#sink && this.#left(this) };
  }

  get isWatched() {
    return this.#sink !== null;
  }

  /** Nobody watches any more; it runs on. */
  leave() {
    this.#sink = null;
  }

  stop() {
    this.#stop();
    this.#end('stopped');
  }

  #set(state) {
    if (this.ended) return;
    this.#state = state;
    this.#soon();
  }

  #add(result) {
    this.#count += 1;
    this.unseen += 1;
    this.#events.unshift({ at: new Date().toISOString().slice(11, 23), ...result });
    this.#events.length = Math.min(this.#events.length, KEPT);
    this.#soon();
  }

  #end(state, errors) {
    if (this.ended) return;
    this.#state = state;
    this.#errors = errors;
    this.ended = true;
    this.#show();
    this.#sink?.complete();
  }

  /** A flood of events is shown once a frame. */
  #soon() {
    this.#frame ||= requestAnimationFrame(() => this.#show());
  }

  #show() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    if (this.#sink) {
      this.unseen = 0;
      this.#sink.next(this.#report());
    }
    this.#changed();
  }

  #report() {
    const earlier = this.#count - this.#events.length;
    return {
      subscription: this.#state,
      ...(this.#errors && { errors: this.#errors }),
      events: this.#events,
      ...(earlier > 0 && { notShown: `${earlier} earlier ones` }),
    };
  }
}
