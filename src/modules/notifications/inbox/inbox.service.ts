import type { Clock } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import type { Page } from '../../../core/page.ts';
import type { Caller } from '../../../core/roles.ts';
import type { Locale } from '../../../core/words.ts';
import type { Db, Tx } from '../../../db/client.ts';
import { visitOf } from '../facts.repository.ts';
import { writeMessage } from '../texts/write.ts';
import * as repository from './inbox.repository.ts';
import type { Notification, NotificationFilters } from './inbox.schemas.ts';

interface InboxDependencies {
  db: Db;
  clock: Clock;
  clinic_name?: string | undefined;
}

export type Inbox = ReturnType<typeof createInbox>;

/** The inbox in the app. A text is written when it is read, from what is known then. */
export function createInbox({ db, clock, clinic_name }: InboxDependencies) {
  type Row = Awaited<ReturnType<typeof repository.listNotifications>>['rows'][number];

  /** @param locale for a reader who has chosen no language */
  function asNotification(row: Row, locale: Locale): Notification {
    const { id, kind, role, params, appointment, created_at, read_at } = row;
    const words = writeMessage(row.locale ?? locale, {
      kind,
      role,
      params,
      visit: visitOf(row),
      clinic: clinic_name,
      whose: row.whose,
      happened: clock.wallOf(new Date(created_at)),
      today: clock.wall().date,
    });
    return { id, kind, title: words?.title ?? '', text: words?.text ?? '', appointment, created_at, read_at };
  }

  return {
    /** Puts something into a person's inbox, unless the same key is there. */
    add: (tx: Tx, notification: repository.NewNotification): Promise<void> =>
      repository.insertNotification(tx, notification, clock.now()),

    /**
     * The caller's own, newest first.
     * @param locale the request's, for a caller who has chosen no language
     */
    async list(
      { page, page_size, unread = false }: NotificationFilters,
      caller: Caller,
      locale: Locale,
    ): Promise<Page<Notification>> {
      const inbox = await repository.listNotifications(db, caller.id, unread, { page, page_size });
      return { ...inbox, rows: inbox.rows.map((row) => asNotification(row, locale)) };
    },

    /** @throws AppError notification_not_found, for somebody else's too */
    async markRead(notification: number, caller: Caller): Promise<void> {
      if (!(await repository.markRead(db, caller.id, notification, clock.now())))
        throw new AppError('notification_not_found');
    },

    markAllRead: (caller: Caller): Promise<void> => repository.markAllRead(db, caller.id, clock.now()),
  };
}
