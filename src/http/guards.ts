import type { FastifyRequest, preHandlerAsyncHookHandler } from 'fastify';
import { AppError, type ErrorCode } from '../core/errors.ts';
import {
  type Caller,
  guest,
  isAtDesk,
  isBoundByBranches,
  type Role,
  reachesAll,
  roles,
  type Side,
  sideOf,
} from '../core/roles.ts';

/**
 * Who may call a route. Documentation and the token check follow from it. `directory` and `either` are everybody, with a
 * token or without one; a token that is sent has to be good. The directory is read by API keys too, and counted apart. Where
 * no token is sent, the route judges a `ticket`.
 */
export type Access = 'public' | 'directory' | 'either' | 'ticket' | 'signed_in' | readonly Role[];

/** Whether a token is no must. */
export const isOptional = (access: Access | undefined): boolean =>
  access === 'directory' || access === 'either' || access === 'ticket';

/** Whether the role of whoever calls decides, if not always alone. */
export const isRoles = (access: Access): access is readonly Role[] => typeof access !== 'string';

/** A preHandler that says whom it lets through. */
type Guard = ((request: FastifyRequest) => Promise<void>) & { access?: Access; owner?: true };

const guard = (access: Access, check: (request: FastifyRequest) => Promise<void>): Guard =>
  Object.assign(check, { access });

export const Public = guard('public', async () => {});
export const IsSignedIn = guard('signed_in', async () => {});
/** For what means one thing to whoever is signed in and another to everybody else. */
export const MaybeSignedIn = guard('either', async () => {});

/** Whoever is signed in, or brings a ticket, which the route judges. */
export const HasTicket = guard('ticket', async () => {});

/** Lets the named roles through, everybody else gets a 403. */
export const hasRole = (...roles: Role[]): Guard =>
  guard(roles, async (request) => {
    // Whose a key is may not be known before a body is read (photos); it is asked again once it is (hooks/access).
    if (request.api_key !== null && (request.user as Caller | null) === null) return;
    if (!roles.includes(request.user.role)) throw new AppError('forbidden');
  });

export const IsAdmin = hasRole('admin');
export const IsDoctor = hasRole('doctor');
export const IsPatient = hasRole('patient');
export const IsReceptionist = hasRole('receptionist');
/** Whoever stands at the desk: admins and receptionists. */
export const IsStaff = hasRole(...roles.filter(isAtDesk));

/**
 * Lets through whom any of these guards of roles lets through.
 * @throws Error for a guard that names no roles: whoever is signed in, or an owner, is nobody's role
 */
export function anyOf(...guards: Guard[]): Guard {
  const all = guards.flatMap(({ access }) => {
    if (access === undefined || !isRoles(access)) throw new Error('anyOf takes guards of roles only');
    return access;
  });
  return hasRole(...all);
}

/**
 * Of what the clinic shows to everybody where PUBLIC_DIRECTORY says so: what a guest may read everybody may.
 * @param otherwise who may read it where the directory is not public
 */
export const ofDirectory = (isPublic: boolean, otherwise: Guard): Guard =>
  isPublic ? guard('directory', async () => {}) : otherwise;

/** Who reads the directory. */
export const readerOf = ({ user }: FastifyRequest): Caller => (user as Caller | null) ?? guest;

/**
 * Whose a record is: the ids of its people by role, and of those who may act for its patient. The record itself stands beside them
 * where it was read with them, for the route that shows it.
 */
type Owners = Partial<Record<Side, number>> & { guardians?: readonly number[]; record?: unknown };

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose the record is, where `IsOwner` has looked it up: for whoever reaches all it has not. */
    owners?: Owners;
  }
}

/**
 * Lets through whoever reaches all records, a receptionist to those of their branches, and a doctor or patient to their
 * own, and to that of a patient for whom they act. What is somebody else's is not there for them: that it exists would say
 * that somebody has a visit, or is away.
 * @param find the owners of the record with this id, undefined when there is none that this caller reaches
 * @param missing the 404 for that case
 * @param others what whoever does not own it is told, where everybody may know that there is such a record
 */
export function IsOwner(
  find: (id: number, caller: Caller) => Promise<Owners | undefined>,
  missing: ErrorCode,
  others: ErrorCode = missing,
): Guard {
  const check: Guard = async (request) => {
    const caller: Caller = request.user;
    const side = sideOf(caller.role);
    if (side === null && !reachesAll(caller.role)) throw new AppError('forbidden');
    if (side === null && !isBoundByBranches(caller.role)) return;
    const owners = await find((request.params as { id: number }).id, caller);
    // Of a doctor or patient both are noted, and so take as long: whoever tries one number after the other learns nothing.
    const refusal = (code: ErrorCode) => new AppError(code, { not_theirs: side !== null });
    if (!owners) throw refusal(missing);
    if (side !== null) {
      const isTheirs = owners[side] === caller.id;
      const isOfFamily = side === 'patient' && owners.guardians?.includes(caller.id) === true;
      if (!isTheirs && !isOfFamily) throw refusal(others);
    }
    request.owners = owners;
  };
  return Object.assign(check, { owner: true as const });
}

/**
 * The access that a route declares through its guards, undefined when it declares none.
 * @throws Error when two of its guards declare one: only the first would be documented, while both would judge
 */
export function declaredAccess(
  preHandler: preHandlerAsyncHookHandler | unknown,
): { access: Access; owner: boolean } | undefined {
  const handlers = (Array.isArray(preHandler) ? preHandler : [preHandler]) as (Guard | undefined)[];
  const [access, ...others] = handlers.map((handler) => handler?.access).filter((one) => one !== undefined);
  if (others.length > 0) throw new Error('a route has one guard that says who may call it');
  return access && { access, owner: handlers.some((handler) => handler?.owner === true) };
}
