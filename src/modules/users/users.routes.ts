import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { demo } from '../../core/demo.ts';
import { STOP_HOURS } from '../../core/messages.ts';
import type { CountryCode } from '../../core/phone.ts';
import type { Caller } from '../../core/roles.ts';
import { idParams } from '../../http/fields.ts';
import { IsAdmin } from '../../http/guards.ts';
import { reads } from '../../http/hooks/audit.ts';
import { ifMatchTag, unchanged } from '../../http/hooks/etag.ts';
import { pageAnswer } from '../../http/page.ts';
import type { ZodTypeProvider } from '../../http/zod.ts';
import { LIST, type User, user, userFilters, userPage } from './user.schemas.ts';
import { adminConfirmation, userInputs } from './users.schemas.ts';
import type { Users } from './users.service.ts';

const tags = ['users'];
const userParams = (example: number) => idParams('The user’s id.', example);
const params = userParams(demo.patient.id);
/** An account is its owner's record. */
const personOf = ({ id }: User) => id;

interface UsersRoutesOptions {
  users: Users;
  /** Erases somebody else, once the caller's password is confirmed. */
  erase: (user: number, caller: Caller, password: string) => Promise<void>;
  phone_country: CountryCode;
}

export async function usersRoutes(
  instance: FastifyInstance,
  { users, erase, phone_country }: UsersRoutesOptions,
) {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  app.describeHeading({ name: 'users', description: 'Everybody’s accounts, for admins.', order: 120 });
  const inputs = userInputs(phone_country);

  app.get(
    '/users/',
    {
      preHandler: IsAdmin,
      config: { errors: ['too_old'], audit: reads('user.list', personOf) },
      schema: {
        tags,
        operationId: 'listUsers',
        summary: 'List users',
        description: 'People of every role, newest first.',
        querystring: userFilters,
        response: { 200: userPage },
      },
    },
    async (request) => pageAnswer(request, request.query.page, await users.list(request.query), LIST),
  );

  app.post(
    '/users/',
    {
      preHandler: IsAdmin,
      config: { errors: ['username_taken', 'branch_not_found'], audit: reads('user.read', personOf) },
      schema: {
        tags,
        operationId: 'createUser',
        summary: 'Create a user of any role',
        description:
          'The only way over HTTP to make an admin or a receptionist. The profile’s fields follow the role, as in registering; ' +
          'a receptionist’s are the `branches` in which they work, all of them by default.',
        body: inputs.create,
        response: { 201: user },
      },
    },
    async (request, reply) => {
      const created = await users.create(request.body, request.user);
      return reply.code(201).header('location', `/api/users/${created.id}/`).send(created);
    },
  );

  app.get(
    '/users/:id/',
    {
      preHandler: IsAdmin,
      config: { etag: true, errors: ['user_not_found'], audit: reads('user.read', personOf) },
      schema: {
        tags,
        operationId: 'getUser',
        summary: 'Show a user',
        description: 'With the profile of their role.',
        params,
        response: { 200: user },
      },
    },
    async (request) => users.accounts.get(request.params.id),
  );

  app.patch(
    '/users/:id/',
    {
      preHandler: IsAdmin,
      config: {
        etag: true,
        errors: [
          'user_not_found',
          'version_mismatch',
          'username_taken',
          'last_admin',
          'has_upcoming',
          'role_in_use',
          'branch_not_found',
        ],
        audit: reads('user.read', personOf),
      },
      schema: {
        tags,
        operationId: 'updateUser',
        summary: 'Change a user',
        description:
          'Fields that are left out stay as they are; null empties one. A new role or password, or `is_active: false`, ' +
          'ends all their sessions at once. A confirmed phone or email that is replaced is told so, and can take that back for ' +
          `${STOP_HOURS} hours; the new one is not confirmed. A new password unlinks Telegram.\n\n` +
          'Somebody with visits that are still to come is deactivated only with `upcoming`, else it is 409 `has_upcoming` ' +
          'with their `count`. `cancel` cancels them in the same act: a doctor’s patients are told as for an absence, ' +
          'with other times; a patient’s doctors are told and their slots are free. `keep` leaves them to take place, such ' +
          'as where a doctor works out the week without an account: patients are reminded, and visits can be moved and ' +
          'cancelled. A new role refuses with `role_in_use` instead, and takes `cancel` only. While a doctor is inactive ' +
          'their free slots stay, but are neither listed nor bookable, no week is published, and nothing about patients is ' +
          'sent to them.',
        params,
        headers: ifMatchTag,
        body: inputs.update,
        response: { 200: user },
      },
    },
    async (request) => users.update(request.params.id, request.body, request.user, unchanged(request)),
  );

  app.post(
    '/users/:id/approve/',
    {
      preHandler: IsAdmin,
      config: {
        errors: ['user_not_found', 'not_a_doctor'],
        examples: { 200: ['doctor'] },
        audit: reads('user.read', personOf),
      },
      schema: {
        tags,
        operationId: 'approveDoctor',
        summary: 'Let a waiting doctor in',
        description:
          'Where the clinic approves its doctors (`DOCTOR_APPROVAL=required`), one who registers waits: they sign in, fill ' +
          'in the profile and publish slots, but are neither listed nor bookable. From this call on they are, with the ' +
          'slots they have, and they are told. `GET /api/users/?approved=false` lists who waits. Repeating it is fine.',
        params: userParams(demo.newcomer.id),
        response: { 200: user },
      },
    },
    async (request) => users.approval.approve(request.params.id, request.user),
  );

  app.delete(
    '/users/:id/',
    {
      preHandler: IsAdmin,
      config: {
        errors: ['user_not_found', 'last_admin', 'not_oneself', 'provider_unavailable'],
        rate: 'auth',
      },
      schema: {
        tags,
        operationId: 'deleteUser',
        summary: 'Erase a user',
        description:
          'Final, and needs the admin’s own password. Names, contacts, birthday, devices and what was written to them are forgotten, sessions end, upcoming ' +
          'appointments are cancelled and the other side is told, the user name is free again. What others see of the ' +
          'past stays, without a name. Repeating it is a 204 again. One’s own account is erased at ' +
          '`DELETE /api/auth/me/` only.',
        params: userParams(demo.leaver.id),
        body: adminConfirmation,
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      await erase(request.params.id, request.user, request.body.password);
      return reply.code(204).send();
    },
  );
}
