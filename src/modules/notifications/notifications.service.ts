import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Page } from '../../core/page.ts';
import type { Caller } from '../../core/roles.ts';
import type { Locale } from '../../core/words.ts';
import type { Db, Tx } from '../../db/client.ts';
import { writeMessage } from '../../i18n/messages/index.ts';
import * as repository from './notifications.repository.ts';
import type { Notification, NotificationFilters } from './notifications.schemas.ts';

export interface NotificationsDependencies {
  db: Db;
  clock: Clock;
}

export type Notifications = ReturnType<typeof createNotifications>;

/** The inbox in the app. What stands there is written when it is read, from what is known then. */
export function createNotifications({ db, clock }: NotificationsDependencies) {
  return {
    /** Puts something into somebody's inbox, unless the same key is there. */
    add: (tx: Tx, notification: repository.NewNotification) =>
      repository.insertNotification(tx, notification, clock.now()),

    /**
     * A person's own, newest first.
     * @param locale of the request, for whoever has not said which language they prefer
     */
    async list(
      { page, page_size, unread = false }: NotificationFilters,
      caller: Caller,
      locale: Locale,
    ): Promise<Page<Notification>> {
      const today = clock.wall().date;
      const found = await repository.listNotifications(db, caller.id, unread, { page, page_size });
      const rows = found.rows.map(({ params, role, locale: own, visit, ...row }) => {
        const happened = clock.wallOf(new Date(row.created_at));
        const words = writeMessage(own ?? locale, { kind: row.kind, role, visit, params, happened, today });
        return { ...row, title: words?.title ?? '', text: words?.text ?? '' };
      });
      return { ...found, rows };
    },

    /** @throws AppError notification_not_found, also for somebody else's */
    async markRead(notification: number, caller: Caller): Promise<void> {
      if (!(await repository.markRead(db, caller.id, notification, clock.now())))
        throw new AppError('notification_not_found');
    },

    markAllRead: (caller: Caller) => repository.markAllRead(db, caller.id, clock.now()),
  };
}
