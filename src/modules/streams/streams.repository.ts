import type { Role } from '../../core/roles.ts';
import { clientOf, type Db, type Executor } from '../../db/client.ts';
import { SLOT_PLACES } from '../../db/place-columns.ts';
import { dependantsOf } from '../patients/families/guardians.sql.ts';

/** What decides over a stream of a session. */
export interface Standing {
  session: number;
  user: number;
  role: Role;
  is_active: boolean;
  is_live: boolean;
  /** Those that a receptionist has been given. */
  branches: number[];
  /** For whom a patient may act now. */
  dependants: number[];
}

/** How these sessions and their people stand. @param adult the latest day of birth of adults */
export async function listStandings(db: Db, sessions: readonly number[], adult: string): Promise<Standing[]> {
  const { rows } = await db.$client.query<Standing>({
    name: 'streams.standings',
    text: `
      select s.id as session, u.id as user, u.role, u.is_active, s.ended_at is null as is_live,
        array(select b.branch_id from receptionist_branches b where b.user_id = u.id order by b.branch_id) as branches,
        array(${dependantsOf('u.id', '$2')}) as dependants
      from sessions s join users u on u.id = s.user_id where s.id = any ($1)`,
    values: [sessions, adult],
  });
  return rows;
}

/** Who may look after somebody of these, whether or not they are a child by now. */
export async function listKeepers(db: Db, people: readonly number[]): Promise<number[]> {
  const { rows } = await db.$client.query<{ id: number }>({
    name: 'streams.keepers',
    text: 'select distinct guardian_id as id from guardianships where dependant_id = any ($1)',
    values: [people],
  });
  return rows.map(({ id }) => id);
}

/** In which branch visits were that have moved, by the slot that each left. */
export async function listBranchesBefore(
  db: Db,
  events: readonly { details: { from_timeslot?: number } | null }[],
): Promise<Map<number | undefined, number>> {
  const timeslots = events.flatMap(({ details }) => details?.from_timeslot ?? []);
  if (timeslots.length === 0) return new Map();
  const { rows } = await db.$client.query<{ id: number; branch: number }>({
    name: 'streams.branches',
    text: `select s.id, s.branch_id as branch from ${SLOT_PLACES} s where s.id = any ($1)`,
    values: [timeslots],
  });
  return new Map(rows.map(({ id, branch }) => [id, branch]));
}

export async function insertTicket(
  executor: Executor,
  ticket: { token_hash: Buffer; session: number; expires_at: Date },
): Promise<void> {
  await clientOf(executor).query({
    name: 'streams.ticket',
    text: 'insert into stream_tickets (token_hash, session_id, expires_at) values ($1, $2, $3)',
    values: [ticket.token_hash, ticket.session, ticket.expires_at],
  });
}

interface TakenTicket {
  expires_at: string;
  session: number;
  user: number;
  role: Role;
}

/** Takes a ticket away: of any number who show it at once one gets it. */
export async function takeTicket(db: Db, token_hash: Buffer): Promise<TakenTicket | undefined> {
  const { rows } = await db.$client.query<TakenTicket>({
    name: 'streams.take-ticket',
    text: `
      with taken as (delete from stream_tickets where token_hash = $1 returning session_id, expires_at)
      select taken.expires_at, s.id as session, u.id as user, u.role
      from taken join sessions s on s.id = taken.session_id join users u on u.id = s.user_id`,
    values: [token_hash],
  });
  return rows[0];
}
