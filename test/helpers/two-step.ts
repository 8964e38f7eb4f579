import { totp } from '../../src/core/totp.ts';
import { PASSWORD, type Person, type TestApp } from './app.ts';

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The secret that somebody types into an app. */
function bytesOf(secret: string): Buffer {
  const bits = [...secret].map((letter) => BASE32.indexOf(letter).toString(2).padStart(5, '0')).join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

/** What an app shows, by the clinic's clock. @param steps of 30 seconds by which it is ahead */
export const shown = (
  { clock }: { clock: Pick<TestApp['clock'], 'now'> },
  secret: string,
  steps = 0,
): string => totp(bytesOf(secret), Math.floor(clock.now().getTime() / 30_000) + steps);

/** Sets the second step up for somebody who is signed in. */
export async function enrol(clinic: TestApp, person: Pick<Person, 'token'>) {
  const { secret } = (await clinic.as(person).post('/auth/two-step/enrol/', {}).expect(200)).body;
  const code = shown(clinic, secret);
  const confirmed = await clinic.as(person).post('/auth/two-step/confirm/', { code }).expect(200);
  return { secret: secret as string, recovery_codes: confirmed.body.recovery_codes as string[] };
}

/** The ticket of a sign-in that is half done. */
export async function ticketOf(clinic: TestApp, { username }: Pick<Person, 'username'>): Promise<string> {
  const body = { username, password: PASSWORD };
  return (await clinic.as(undefined).post('/auth/login/', body).expect(401)).body.ticket;
}
