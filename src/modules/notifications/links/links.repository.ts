import type { AppointmentStatus, Locale, linkPurposes } from '../../../core/words.ts';
import { clientOf, type Db, type Executor, type Tx } from '../../../db/client.ts';
import { guardiansOf } from '../../patients/families/guardians.sql.ts';

type LinkPurpose = (typeof linkPurposes)[number];

interface NewLink {
  token_hash: Buffer;
  purpose: LinkPurpose;
  user_id: number;
  appointment_id: number | undefined;
  expires_at: Date;
}

/** Where a message is written again its link is made again, and stays the one it was. */
export async function insertLink(executor: Executor, link: NewLink): Promise<void> {
  const { token_hash, purpose, user_id, appointment_id = null, expires_at } = link;
  await clientOf(executor).query({
    name: 'links.insert',
    text: `
      insert into one_use_links (token_hash, purpose, user_id, appointment_id, expires_at) values ($1, $2, $3, $4, $5)
      on conflict (token_hash) do nothing`,
    values: [token_hash, purpose, user_id, appointment_id, expires_at],
  });
}

export interface VisitLink {
  purpose: 'confirm_visit' | 'cancel_visit';
  user_id: number;
  locale: Locale | null;
  used: boolean;
  expires_at: string;
  appointment_id: number;
  status: AppointmentStatus;
  version: number;
  /** The id of its last move; null where it never moved. */
  last_move: string | null;
  /** Somebody has said whether the patient came. */
  is_marked: boolean;
  date: string;
  start_time: string;
  patient_id: number;
  doctor_id: number;
  doctor_first_name: string | null;
  doctor_last_name: string | null;
  /** First and last name of the patient, where the link is of somebody who looks after them. */
  whose: [first_name: string | null, last_name: string | null] | null;
}

/**
 * The visit behind a link, whatever has become of either. A person who is out has none, nor who no longer looks after its
 * patient.
 * @param adult the latest day of birth of adults
 */
export async function findVisitLink(
  db: Db,
  token_hash: Buffer,
  adult: string,
): Promise<VisitLink | undefined> {
  const { rows } = await db.$client.query<VisitLink>({
    name: 'links.visit',
    text: `
      select l.purpose, l.user_id, u.locale, l.used_at is not null as used, l.expires_at, a.id as appointment_id,
        a.status, a.version, (select max(e.id) from appointment_happened e
          where e.appointment_id = a.id and e.kind = 'moved') as last_move, a.attendance is not null as is_marked, a.date, a.start_time,
        a.patient_id, a.doctor_id, d.first_name as doctor_first_name, d.last_name as doctor_last_name,
        case when a.patient_id <> l.user_id then jsonb_build_array(p.first_name, p.last_name) end as whose
      from one_use_links l
      join users u on u.id = l.user_id and u.is_active
      join appointments a on a.id = l.appointment_id
        and (a.patient_id = l.user_id or l.user_id in (${guardiansOf('a.patient_id', '$2')}))
      join users p on p.id = a.patient_id
      join users d on d.id = a.doctor_id
      where l.token_hash = $1 and l.purpose in ('confirm_visit', 'cancel_visit')`,
    values: [token_hash, adult],
  });
  return rows[0];
}

/** Whose link it is, used or not; undefined where there is none. */
export async function findLinkOwner(
  executor: Executor,
  token_hash: Buffer,
  purpose: LinkPurpose,
): Promise<number | undefined> {
  const { rows } = await clientOf(executor).query<{ user_id: number }>({
    name: 'links.owner',
    text: 'select user_id from one_use_links where token_hash = $1 and purpose = $2',
    values: [token_hash, purpose],
  });
  return rows[0]?.user_id;
}

/**
 * Uses a link up. Of two requests at once one does. The link's person is locked first, as everywhere: what the link is used
 * for is stored before they are erased, and is erased with them, or it is not stored at all.
 * @returns whose link it was; undefined when it is unknown, used or expired, or its person is erased or out
 */
export async function useLink(
  tx: Tx,
  token_hash: Buffer,
  purposes: readonly LinkPurpose[],
  now: Date,
): Promise<number | undefined> {
  const { rows } = await clientOf(tx).query<{ user_id: number }>({
    name: 'links.use',
    text: `
      with person as (
        select u.id from one_use_links l join users u on u.id = l.user_id
        where l.token_hash = $1 and u.is_active for share of u
      )
      update one_use_links l set used_at = $3 from person
      where l.token_hash = $1 and l.user_id = person.id and l.purpose::text = any($2) and l.used_at is null
        and l.expires_at > $3
      returning l.user_id`,
    values: [token_hash, purposes, now],
  });
  return rows[0]?.user_id;
}
