import type { ServerResponse } from 'node:http';
import { type AppConfig, buildApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import { type Clock, createClock } from '../../src/core/clock.ts';
import { demo } from '../../src/core/demo.ts';
import { loadDemo } from '../../src/main/demo/data.ts';
import { testConfig } from './app.ts';
import { testDatabase } from './database.ts';

/** The settings of whoever starts it as it stands, but for passwords that cost no time. */
export const demoConfig = loadConfig({ BCRYPT_COST: '4', LOG_LEVEL: 'silent', RATE_LIMIT: 'off' });

/** Today's clock, put to ten past ten in the morning: at midnight, or just before, no day of work lies before anybody. */
function inTheMorning(): Clock {
  const real = createClock(demoConfig.timezone);
  const ahead = real.at(real.wall().date, '10:10').getTime() - real.now().getTime();
  return createClock(demoConfig.timezone, () => new Date(Date.now() + ahead));
}

/**
 * The application on a demo clinic, as `npm start` makes it in the morning of today.
 * @param changes of the settings
 */
export async function demoApp(changes: Partial<AppConfig> = {}) {
  const { db, url, close } = await testDatabase();
  const clock = inTheMorning();
  await loadDemo(db, demoConfig, clock);
  const config = { ...demoConfig, jwt_secret: testConfig.jwt_secret, database_url: url, ...changes };
  const app = await buildApp({ db, clock, config });
  await app.ready();
  // A page goes by the server's clock, which it reads from each answer.
  app.server.prependListener('request', (_, response: ServerResponse) => {
    response.setHeader('date', clock.now().toUTCString());
  });
  /** A sign-in: tokens, and who it is. */
  async function session(username: string): Promise<{ access: string; refresh: string; user: object }> {
    const payload = { username, password: demo.password };
    const answer = await app.inject({ method: 'POST', url: '/api/auth/login/', payload });
    return answer.json();
  }
  return {
    app,
    db,
    clock,
    session,
    /** An access token of a demo account. */
    signIn: async (role: 'admin' | 'receptionist' | 'doctor' | 'patient') =>
      (await session(demo[role].username)).access,
    async close() {
      await app.close();
      await close();
    },
  };
}
