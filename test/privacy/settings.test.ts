import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigError, loadConfig } from '../../src/config.ts';

describe('settings of privacy', () => {
  test('have defaults that leave the brief’s behaviour as it is', () => {
    expect(loadConfig({})).toMatchObject({
      doctor_approval: 'automatic',
      terms_version: '1',
      privacy_version: '1',
      require_consent: false,
      audit_retention_days: 1_825,
      message_retention_days: 180,
    });
  });

  test('let doctors in at once outside production only', () => {
    const production = {
      NODE_ENV: 'production',
      DATABASE_URL: 'postgres://clinic@localhost/clinic',
      JWT_SECRET: 'kO5sVb0Zq8wXn2Jt7Rc4Ym9Lp6Hd3Fg1Ae',
    };
    expect(loadConfig(production).doctor_approval).toBe('required');
    expect(loadConfig({ ...production, DOCTOR_APPROVAL: 'automatic' }).doctor_approval).toBe('automatic');
    for (const NODE_ENV of ['development', 'test'])
      expect(loadConfig({ NODE_ENV }).doctor_approval).toBe('automatic');
    expect(loadConfig({ DOCTOR_APPROVAL: 'required' }).doctor_approval).toBe('required');
  });

  test('are taken as they are set', () => {
    const set = {
      DOCTOR_APPROVAL: 'required',
      TERMS_VERSION: '2026-11',
      PRIVACY_VERSION: ' v2 ',
      REQUIRE_CONSENT: 'true',
      AUDIT_RETENTION_DAYS: '90',
      MESSAGE_RETENTION_DAYS: '30',
    };
    expect(loadConfig(set)).toMatchObject({
      doctor_approval: 'required',
      terms_version: '2026-11',
      privacy_version: 'v2',
      require_consent: true,
      audit_retention_days: 90,
      message_retention_days: 30,
    });
  });

  test.each([
    ['DOCTOR_APPROVAL', 'sometimes'],
    ['TERMS_VERSION', ' '],
    ['PRIVACY_VERSION', 'x'.repeat(101)],
    ['REQUIRE_CONSENT', 'yes'],
    ['AUDIT_RETENTION_DAYS', '0'],
    ['AUDIT_RETENTION_DAYS', 'forever'],
    ['MESSAGE_RETENTION_DAYS', '0'],
  ])('%s=%s is refused by name', (name, value) => {
    const load = () => loadConfig({ [name]: value });
    expect(load).toThrow(ConfigError);
    expect(load).toThrow(name);
  });

  test('stand in .env.example with their defaults', () => {
    const example = readFileSync(resolve(import.meta.dirname, '../../.env.example'), 'utf8');
    for (const line of [
      '# DOCTOR_APPROVAL=required',
      'TERMS_VERSION=1',
      'PRIVACY_VERSION=1',
      'REQUIRE_CONSENT=false',
      'AUDIT_RETENTION_DAYS=1825',
      'MESSAGE_RETENTION_DAYS=180',
    ])
      expect(example.split('\n')).toContain(line);
  });
});
