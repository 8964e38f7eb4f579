import { get, pause, query } from './api.js';
import { session } from './session.js';

/** Hears what happens at the clinic as it happens (server-sent events), and comes back by itself when it is cut off. */

/** Every 20 seconds there is a sign of life. */
const DEAD = 45_000;
const WAITS = [500, 2_000, 5_000, 15_000];

function fieldsOf(block) {
  const fields = {};
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    fields[line.slice(0, colon)] = line.slice(colon + 1).trim();
  }
  return fields;
}

/** Reads one stream until it ends. @param onFields hears the fields of each block @throws of the network, or `{status}` */
async function readOnce(filters, last, stop, onFields) {
  const giveUp = new AbortController();
  const abort = () => giveUp.abort();
  stop.addEventListener('abort', abort);
  let timer = setTimeout(abort, DEAD);
  try {
    const answer = await fetch(`/api/stream/${query(filters)}`, {
      headers: {
        accept: 'text/event-stream',
        authorization: `Bearer ${session()?.access}`,
        ...(last && { 'last-event-id': last }),
      },
      cache: 'no-store',
      signal: giveUp.signal,
    });
    if (!answer.ok) throw Object.assign(new Error('no stream'), { status: answer.status });
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let rest = ''; ; ) {
      const { value, done } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(abort, DEAD);
      const blocks = (rest + value).split('\n\n');
      rest = blocks.pop();
      for (const block of blocks) onFields(fieldsOf(block));
    }
  } finally {
    clearTimeout(timer);
    stop.removeEventListener('abort', abort);
  }
}

/**
 * Listens until it is stopped, or the server says that it is over.
 * @param filters of the stream
 * @param listener.onEvent hears each event: its type and its data
 * @param listener.onLive hears whether everything is heard now; true with `missed` where something may not have been
 * @returns what stops it
 */
export function listen(filters, { onEvent, onLive }) {
  const stop = new AbortController();
  let last;
  let tried = 0;
  let isOver = false;
  let hasMissed = true;
  const hear = ({ id, event, data }) => {
    if (id) last = id;
    if (event === 'end') isOver = true;
    else if (event === 'reset') hasMissed = true;
    else if (event === 'ready') tried = 0;
    if (event === 'ready' || event === 'reset') onLive(true, hasMissed);
    if (event === 'ready') hasMissed = false;
    if (event?.includes('.')) onEvent(event, JSON.parse(data).data);
  };
  /** @returns whether it is worth another try */
  async function attempt() {
    try {
      await readOnce(filters, last, stop.signal, hear);
      return !isOver;
    } catch ({ status }) {
      // Any request renews the token first, or finds that the session is over.
      if (status === 401) await get('/auth/me/').catch(() => {});
      return status !== 400 && status !== 403 && Boolean(session());
    }
  }
  async function insist() {
    while (await attempt()) {
      if (stop.signal.aborted) return;
      onLive(false);
      await pause(WAITS[Math.min(tried, WAITS.length - 1)], stop.signal);
      tried += 1;
      if (stop.signal.aborted) return;
    }
    if (!stop.signal.aborted) onLive(false);
  }
  void insist();
  return () => stop.abort();
}
