import Fastify, { type RouteOptions } from 'fastify';
import { describe, expect, test } from 'vitest';
import {
  anyOf,
  declaredAccess,
  IsAdmin,
  IsDoctor,
  IsPatient,
  IsReceptionist,
  IsSignedIn,
  IsStaff,
  Public,
} from '../../src/http/guards.ts';
import { accessControl } from '../../src/http/hooks/access.ts';
import { authentication, signInRequired } from '../../src/http/hooks/authentication.ts';
import { problems } from '../../src/http/problem.ts';

const SECRET = 'only-for-tests-0f8e7d6c5b4a39281706';

/** An application with one hidden route. */
async function withHidden(guard: Pick<RouteOptions, 'preHandler'>, checked: boolean) {
  const app = Fastify();
  await app.register(problems, { default_locale: 'en', asAppError: () => undefined, loggable: () => ({}) });
  if (checked) await app.register(accessControl);
  await app.register(authentication, { secrets: [SECRET], access_token_minutes: 15 });
  await app.register(signInRequired, { isEnded: () => false });
  app.get('/hidden/', { schema: { hide: true }, ...guard }, async () => 'shown');
  return app;
}

describe('a hidden route', () => {
  test('without a guard keeps the server from starting', async () => {
    const app = await withHidden({}, true);
    await expect(app.ready()).rejects.toThrow('GET /hidden/ is hidden and does not say who may call it');
  });

  test('that nobody checked is refused to whoever has no token', async () => {
    const app = await withHidden({}, false);
    expect((await app.inject('/hidden/')).statusCode).toBe(401);
    await app.close();
  });

  test('is refused without a token where its guard wants one, and shown where it is public', async () => {
    for (const [preHandler, status] of [
      [IsAdmin, 401],
      [Public, 200],
    ] as const) {
      const app = await withHidden({ preHandler }, true);
      expect((await app.inject('/hidden/')).statusCode).toBe(status);
      await app.close();
    }
  });
});

describe('guards', () => {
  test('of roles are united, and what names no role is no part of a union', () => {
    expect(declaredAccess([anyOf(IsDoctor, IsAdmin)])).toEqual({ access: ['doctor', 'admin'], owner: false });
    expect(() => anyOf(IsSignedIn, IsAdmin)).toThrow('guards of roles only');
  });

  test('of the desk let through receptionists, and as staff admins too', () => {
    expect(declaredAccess([IsReceptionist])?.access).toEqual(['receptionist']);
    expect(declaredAccess([IsStaff])?.access).toEqual(['admin', 'receptionist']);
    expect(declaredAccess([anyOf(IsPatient, IsStaff)])?.access).toEqual(['patient', 'admin', 'receptionist']);
  });

  test('say once who may call a route', () => {
    expect(() => declaredAccess([IsDoctor, IsPatient])).toThrow('one guard');
    expect(declaredAccess([])).toBeUndefined();
  });
});
