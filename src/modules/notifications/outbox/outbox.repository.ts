import type { PageRequest } from '../../../core/page.ts';
import type { Channel, MessageStatus } from '../../../core/words.ts';
import type { Db } from '../../../db/client.ts';
import { listNewestFirst } from '../facts.repository.ts';
import type { MessageRecord } from './outbox.schemas.ts';

interface Filters {
  status?: MessageStatus | undefined;
  channel?: Channel | undefined;
  user?: number | undefined;
}

const COLUMN: Record<keyof Filters, string> = { status: 'status', channel: 'channel', user: 'user_id' };

type Columns = Omit<MessageRecord, 'user' | 'text' | 'kind' | 'created_at'> & {
  user_id: number;
  user_first_name: string | null;
  user_last_name: string | null;
};

/** One page of messages, newest first. Most have the status `sent` and few have another, so each is planned for itself. */
export function listMessages(db: Db, filters: Filters, page: PageRequest) {
  const names = (Object.keys(COLUMN) as (keyof Filters)[]).filter((name) => filters[name] !== undefined);
  const conditions = names.map((name, place) => `${COLUMN[name]} = $${place + 3}`);
  return listNewestFirst<Columns>(
    db,
    {
      table: 'messages',
      columns: `m.id, m.user_id, u.first_name as user_first_name, u.last_name as user_last_name, m.channel,
        m.appointment_id as appointment, m.status, m.attempts, m.provider_id, m.error, m.due_at, m.sent_at`,
      where: conditions.join(' and ') || 'true',
      values: names.map((name) => filters[name]),
    },
    page,
  );
}
