import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';

const STRONG = 'uG3m9sXv7QeL0tYb5RkWc8ZpJfHn2aDi';
const production = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://clinic:x@127.0.0.1/clinic',
  JWT_SECRET: STRONG,
};

describe('settings of accounts', () => {
  test('have defaults', () => {
    expect(loadConfig({})).toMatchObject({
      jwt_previous_secrets: [],
      refresh_grace_seconds: 60,
      allowed_hosts: [],
      rate_limit: true,
      rate_limit_guest: 300,
      rate_limit_user: 600,
      rate_limit_auth: 30,
      codes_per_hour: 5,
      codes_per_hour_address: 60,
      sms_codes_per_day: 1_000,
      redis_url: undefined,
    });
  });

  test('are read', () => {
    const config = loadConfig({
      JWT_PREVIOUS_SECRET: ' one , two,',
      REFRESH_GRACE_SECONDS: '0',
      ALLOWED_HOSTS: 'Clinic.uz, .clinic.example,[::1],10.0.0.7',
      RATE_LIMIT: 'off',
      RATE_LIMIT_GUEST: '1',
      CODES_PER_HOUR: '7',
      REDIS_URL: 'rediss://:password@redis.example:6380/1',
    });
    expect(config).toMatchObject({
      jwt_previous_secrets: ['one', 'two'],
      refresh_grace_seconds: 0,
      allowed_hosts: ['clinic.uz', '.clinic.example', '[::1]', '10.0.0.7'],
      rate_limit: false,
      rate_limit_guest: 1,
      codes_per_hour: 7,
      redis_url: 'rediss://:password@redis.example:6380/1',
    });
  });

  test.each([
    [{ REFRESH_GRACE_SECONDS: '61' }, 'REFRESH_GRACE_SECONDS'],
    [{ RATE_LIMIT: 'true' }, 'RATE_LIMIT'],
    [{ RATE_LIMIT_AUTH: '0' }, 'RATE_LIMIT_AUTH'],
    [{ ALLOWED_HOSTS: 'https://clinic.uz' }, 'ALLOWED_HOSTS'],
    [{ ALLOWED_HOSTS: 'clinic.uz:8080' }, 'ALLOWED_HOSTS'],
    [{ REDIS_URL: 'http://localhost:6379' }, 'REDIS_URL must look like redis://'],
  ])('%o is refused', (settings, said) => {
    expect(() => loadConfig(settings as Record<string, string>)).toThrow(said);
  });

  test.each([
    ['too-short', 'JWT_PREVIOUS_SECRET is too short'],
    [`${STRONG},tiny`, 'JWT_PREVIOUS_SECRET is too short'],
    ['please-change-me-please-change-me-please', 'JWT_PREVIOUS_SECRET is a sample'],
  ])('in production what still verifies is judged like what signs: %s', (JWT_PREVIOUS_SECRET, said) => {
    const load = () => loadConfig({ ...production, JWT_PREVIOUS_SECRET });
    expect(load).toThrow(said);
    try {
      load();
    } catch (error) {
      expect(String(error)).not.toContain(JWT_PREVIOUS_SECRET);
    }
  });

  test('in production strong ones are taken', () => {
    expect(
      loadConfig({ ...production, JWT_PREVIOUS_SECRET: `${STRONG}A,${STRONG}B` }).jwt_previous_secrets,
    ).toEqual([`${STRONG}A`, `${STRONG}B`]);
  });
});
