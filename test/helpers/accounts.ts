import { vi } from 'vitest';
import type { LogStream } from '../../src/http/hooks/logging.ts';
import { createSealing } from '../../src/modules/notifications/delivery/sealing.service.ts';
import { type Person, type TestApp, testApp, testConfig } from './app.ts';
import type { TestClock } from './clock.ts';

/** What the tests of accounts have in common: codes that are read where they are sent, addresses, a clock that moves. */

/** Every channel is set up, to a file; nothing runs that would send, so what is queued stays to be looked at. */
export const CHANNELS = { timeout: 1_000, file: '/nonexistent/messages.log' };

/** @param config beside channels and a trusted proxy, so that `X-Forwarded-For` says where a request comes from */
export const accountsApp = (
  config: Partial<typeof testConfig> = {},
  options: { pool_max?: number; url?: string; log_stream?: LogStream } = {},
) => testApp({ ...options, config: { channels: CHANNELS, trust_proxy: ['127.0.0.1'], ...config } });

export interface Queued {
  id: number;
  kind: string;
  channel: string;
  params: Record<string, string>;
  destination?: string | undefined;
  code?: string | undefined;
  /** Where it can be stopped. */
  stop?: string | undefined;
}

/** What is queued for somebody, oldest first, with the codes that are sealed in it. */
export async function queuedFor({ db }: Pick<TestApp, 'db'>, user: number): Promise<Queued[]> {
  const { rows } = await db.$client.query<{
    id: number;
    key: string;
    kind: string;
    channel: string;
    params: Record<string, string>;
    secret: Buffer | null;
  }>('select id, key, kind, channel, params, secret from messages where user_id = $1 order by id', [user]);
  const sealing = createSealing([testConfig.jwt_secret, 'the-secret-before-it-3f1e5a7b9c8d2046']);
  return rows.map(({ secret, key, ...row }) => ({ ...row, ...(secret && sealing.open(secret, key)) }));
}

/** The last code that was sent to somebody. */
export async function lastCode(clinic: Pick<TestApp, 'db'>, user: number): Promise<string> {
  const codes = (await queuedFor(clinic, user)).filter(({ kind }) => kind === 'code');
  const code = codes.at(-1)?.code;
  if (code === undefined) throw new Error(`no code was sent to ${user}`);
  return code;
}

/** Waits until so many codes have been sent to somebody: what happens after an answer. */
export const codesSent = (clinic: Pick<TestApp, 'db'>, user: number, count: number): Promise<void> =>
  vi.waitFor(
    async () => {
      const { rows } = await clinic.db.$client.query<{ count: number }>(
        'select count(*)::int as count from codes where user_id = $1',
        [user],
      );
      if (rows[0]?.count !== count) throw new Error(`${rows[0]?.count} codes, not ${count}`);
    },
    { timeout: 30_000, interval: 5 },
  );

/** Another code than this one. */
export const wrong = (code: string): string => String((Number(code) + 1) % 1_000_000).padStart(6, '0');

/** Confirms contacts as if codes had been sent and typed. */
export async function confirm(
  { db }: Pick<TestApp, 'db'>,
  user: number,
  { phone, email }: { phone?: string; email?: string },
): Promise<void> {
  if (phone)
    await db.$client.query('update users set phone = $2, phone_verified_at = now() where id = $1', [
      user,
      phone,
    ]);
  if (email)
    await db.$client.query('update users set email = $2, email_verified_at = now() where id = $1', [
      user,
      email,
    ]);
}

/** Moves the clock on by so many seconds. */
export function pass(clock: TestClock, seconds: number): void {
  clock.set(new Date(clock.now().getTime() + seconds * 1_000).toISOString());
}

let phones = 0;
/** A phone number that no other test of this file has. */
export function freshPhone(): string {
  phones += 1;
  return `+99890${String(1_000_000 + phones).slice(-7)}`;
}

/** Signs in from an address, as a device. */
export const signIn = (
  clinic: Pick<TestApp, 'as'>,
  { username }: Pick<Person, 'username'>,
  password: string,
  { address, device }: { address?: string; device?: string } = {},
) => {
  const request = clinic.as(undefined).post('/auth/login/', { username, password });
  if (address) request.set('x-forwarded-for', address);
  if (device) request.set('user-agent', device);
  return request;
};
