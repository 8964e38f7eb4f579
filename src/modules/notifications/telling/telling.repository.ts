import type { MessageKind } from '../../../core/messages.ts';
import type { Channel } from '../../../core/words.ts';
import { clientOf, type Executor, type Tx } from '../../../db/client.ts';
import { guardiansOf } from '../../patients/families/guardians.sql.ts';
import { priorityOf } from '../delivery/queue.rules.ts';
import type { Reachable } from './channels.rules.ts';
import type { Reader } from './judgement.rules.ts';
import { PHONE_REACHES } from './reach.repository.ts';

/** Everything that decides by which channels, and when, a person hears of something. */
export interface RecipientRow extends Reachable, Reader {}

/** Whose visit it is, or whom else it is about, by the record that they have now. */
const WHOSE =
  '(select coalesce(p.merged_into, p.id) from users p where p.id = coalesce(a.patient_id, $4::integer))';

const RECIPIENT = `
  select u.deleted_at is not null as deleted, u.role, u.is_active,
    u.email_verified_at is not null as email_verified, ${PHONE_REACHES} as phone_reaches,
    c.user_id is not null as telegram_linked, coalesce(p.channels, '{}') as channels, coalesce(p.quiet, true) as quiet,
    to_char(coalesce(p.quiet_from, '22:00'), 'HH24:MI') as quiet_from,
    to_char(coalesce(p.quiet_until, '08:00'), 'HH24:MI') as quiet_until,
    coalesce(a.doctor_id = u.id, false) as is_doctor,
    coalesce(a.patient_id = u.id, false) as is_patient,
    case when a.id is null then $4::integer is not null
      else u.id not in (a.doctor_id, a.patient_id) and not exists (
        select from users gone where gone.id = a.patient_id and (gone.deleted_at is not null or gone.role <> 'patient')) end
      and u.id not in (${guardiansOf(WHOSE, '$3')}) as is_former,
    case when a.id is not null then json_build_object('date', a.date, 'start_time', to_char(a.start_time, 'HH24:MI'),
      'end_time', left(a.end_time::text, 5), 'status', a.status, 'doctor', a.doctor_id) end as visit
  from users u
  left join notification_preferences p on p.user_id = u.id
  left join telegram_chats c on c.user_id = u.id
  left join appointments a on a.id = $2
  where u.id = $1`;

/**
 * @param appointment the visit that the message is about; undefined where it is about none
 * @param adult the latest day of birth of adults, whom nobody looks after
 * @param whose the patient whom the reader looks after, as its `params` say
 */
export async function findRecipient(
  executor: Executor,
  user: number,
  appointment: number | undefined,
  adult: string,
  whose?: string,
): Promise<RecipientRow | undefined> {
  const { rows } = await clientOf(executor).query<RecipientRow>({
    name: 'messages.recipient',
    text: RECIPIENT,
    values: [user, appointment ?? null, adult, whose ?? null],
  });
  return rows[0];
}

interface NewMessage {
  key: string;
  user_id: number;
  channel: Channel;
  kind: MessageKind;
  appointment_id: number | undefined;
  params: Record<string, string>;
  secret: Buffer | undefined;
  created_at: Date;
  /** It is not sent before; now where there is none. */
  due_at: Date | undefined;
  /** Why it is not to be sent. */
  dropped: string | undefined;
}

/** Queues a message, unless one of the same key was queued before. One that is not to be sent is kept, so that admins see it. */
export async function insertMessage(tx: Tx, message: NewMessage): Promise<void> {
  const {
    key,
    user_id,
    channel,
    kind,
    appointment_id = null,
    params,
    secret = null,
    created_at,
    due_at,
    dropped,
  } = message;
  await clientOf(tx).query({
    name: 'messages.insert',
    text: `
      with made as (
        insert into messages (key, user_id, channel, kind, appointment_id, params, secret, created_at, due_at, status, error)
        values ($1, $2, $3, $4, $5, $6, case when $11::text is null then $7::bytea end, $8::timestamptz,
          coalesce($9::timestamptz, $8), (case when $11::text is null then 'queued' else 'dropped' end)::message_status, $11)
        on conflict (key) do nothing
        returning id, status
      )
      select graphile_worker.add_job('send_message', with_trace(json_build_object('message', id)), run_at => $9,
        job_key => 'message:' || id, priority => $10)
      from made where status = 'queued'`,
    values: [
      key,
      user_id,
      channel,
      kind,
      appointment_id,
      params,
      secret,
      created_at,
      due_at ?? null,
      priorityOf(kind),
      dropped ?? null,
    ],
  });
}
