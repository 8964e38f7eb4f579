import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { Log } from '../../../src/core/log.ts';
import { startEskiz, startSmtp, startTelegram } from './providers.ts';
import { createWorld, START, type World } from './world.ts';

export interface MessageRow {
  id: number;
  status: string;
  channel: string;
  attempts: number;
  error: string | null;
  provider_id: string | null;
  secret: Buffer | null;
  due_at: string;
}

/**
 * A world with a server for each channel, for the tests of one file. Each test has a day of its own, beginning at 9 in
 * the morning: a gate that one has closed is open on the next.
 */
export function sendingWorld() {
  let world: World;
  let eskiz: Awaited<ReturnType<typeof startEskiz>>;
  let telegram: Awaited<ReturnType<typeof startTelegram>>;
  let smtp: Awaited<ReturnType<typeof startSmtp>>;
  let today = START;
  let serial = 0;
  const lines: string[] = [];
  const write = (fields: object, message: string) => void lines.push(`${message} ${JSON.stringify(fields)}`);
  const log: Log = { debug: write, info: write, warn: write, error: write };

  beforeAll(async () => {
    [eskiz, telegram, smtp] = await Promise.all([startEskiz(), startTelegram(), startSmtp()]);
    const settings = { eskiz: eskiz.settings, telegram: telegram.settings, email: smtp.settings };
    world = await createWorld({ log, channels: { ...settings, timeout: 15_000 } });
  });
  beforeEach(() => {
    today = new Date(Date.parse(today) + 86_400_000).toISOString();
    world.clock.set(today);
    for (const list of [eskiz, telegram].flatMap(({ troubles, after, taken }) => [troubles, after, taken]))
      list.length = 0;
    smtp.mails.length = 0;
    lines.length = 0;
  });
  afterAll(async () => {
    await world.close();
    await Promise.all([eskiz.close(), telegram.close(), smtp.close()]);
  });

  const wait = (minutes: number) =>
    world.clock.set(new Date(world.clock.now().getTime() + minutes * 60_000).toISOString());
  const next = () => {
    serial += 1;
    return serial;
  };

  return {
    get world() {
      return world;
    },
    get eskiz() {
      return eskiz;
    },
    get telegram() {
      return telegram;
    },
    get smtp() {
      return smtp;
    },
    /** What was logged in this test. */
    lines,
    today: () => today,
    wait,
    next,
    messagesOf: (user: number) =>
      world.rows<MessageRow>('select * from messages where user_id = $1 order by id', [user]),
    freshPhone: () => `+99890123${1000 + next()}`,
    /** A person who is told by SMS. */
    bySms: () => world.person('patient', { phone: `+99890123${1000 + next()}`, phone_verified: true }),
    /** Something that can be told to anybody, each time anew. */
    tell: (user_id: number) => world.tell({ user_id, kind: 'password_changed', key: `changed:${next()}` }),
    /** Runs what is due an hour after another: every attempt, and no closed gate in between. */
    async attempts(count: number): Promise<void> {
      for (let attempt = 0; attempt < count; attempt += 1) {
        wait(60);
        await world.drain({ retries: true });
      }
    },
  };
}
