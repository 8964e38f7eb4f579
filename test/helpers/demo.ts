import { buildApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import { createClock } from '../../src/core/clock.ts';
import { demo } from '../../src/core/demo.ts';
import { loadDemo } from '../../src/main/demo/demo-data.ts';
import { testConfig } from './app.ts';
import { testDatabase } from './database.ts';

/** The settings of whoever starts it as it stands, but for passwords that cost no time. */
export const demoConfig = loadConfig({ BCRYPT_COST: '4', LOG_LEVEL: 'silent', RATE_LIMIT: 'off' });

/** The application on a demo clinic, as `npm start` makes it, by the real clock: the clinic is made around today. */
export async function demoApp() {
  const { db, url, close } = await testDatabase();
  await loadDemo(db, demoConfig);
  const clock = createClock(demoConfig.timezone);
  const config = { ...demoConfig, jwt_secret: testConfig.jwt_secret, database_url: url };
  const app = await buildApp({ db, clock, config });
  await app.ready();
  return {
    app,
    db,
    clock,
    /** An access token of a demo account. */
    async signIn(role: 'admin' | 'receptionist' | 'doctor' | 'patient'): Promise<string> {
      const { username } = demo[role];
      const answer = await app.inject({
        method: 'POST',
        url: '/api/auth/login/',
        payload: { username, password: demo.password },
      });
      return answer.json().access;
    },
    async close() {
      await app.close();
      await close();
    },
  };
}
