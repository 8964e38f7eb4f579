import { createHash } from 'node:crypto';
import { addDays, type Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { writeFeed } from '../../core/icalendar.ts';
import { type Caller, sideOf } from '../../core/roles.ts';
import { hashOf, newSecret } from '../../core/secrets.ts';
import type { FeedPurpose, Locale } from '../../core/words.ts';
import { type Db, transaction } from '../../db/client.ts';
import { calendarEvent } from '../../i18n/calendar.ts';
import { messageTexts } from '../../i18n/index.ts';
import type { Audit } from '../audit/index.ts';
import type { Guardians } from '../patients/index.ts';
import * as repository from './feeds.repository.ts';
import { DAYS_AHEAD, DAYS_BACK, FEEDS_MAX, type Feed, type NewFeed } from './feeds.schemas.ts';

interface FeedsDependencies {
  db: Db;
  clock: Clock;
  audit: Pick<Audit, 'record' | 'recordShown'>;
  guardians: Pick<Guardians, 'adult'>;
  clinic_name?: string | undefined;
  default_locale: Locale;
}

/** A calendar as a program reads it. */
export interface CalendarFile {
  text: string;
  /** Names these bytes. */
  etag: string;
  /** Since when it says so: an instant of whole seconds. */
  changed_at: Date;
}

const HOUR = 3_600_000;
const EXTENSION = '.ics';

/** Which feed somebody may have, by the side of visits on which they are. */
const purposeOf = { patient: 'visits', doctor: 'day' } as const;

const hashOfToken = (token: string) => hashOf(`calendar:${token}`);

export type Feeds = ReturnType<typeof createFeeds>;

/**
 * Calendars that programs read by an address of 256 random bits, without signing in. They outlive sessions, and end when
 * their person is put out, erased or merged into another record. Each is made from the visits as they are, at every reading.
 */
export function createFeeds(dependencies: FeedsDependencies) {
  const { db, clock, audit, guardians, clinic_name, default_locale } = dependencies;

  const withAddress = (feed: Feed, token: string, site: string): NewFeed => {
    const url = `${site}/api/calendar/${token}${EXTENSION}`;
    return { ...feed, url, webcal_url: url.replace(/^https?:/, 'webcal:') };
  };

  /** What changes nothing of a person's rights is noted of them alone. */
  const noted = (
    caller: Caller,
    action: 'calendar.create' | 'calendar.rotate' | 'calendar.delete',
    feed: number,
  ) => ({
    actor: caller,
    action,
    subject: caller.id,
    details: { feed },
  });

  async function visitsOf({ user_id: user, purpose }: repository.KnownFeed): Promise<repository.FeedVisit[]> {
    const today = clock.wall().date;
    const span = { user, from: addDays(today, -DAYS_BACK), to: addDays(today, DAYS_AHEAD) };
    return purpose === 'day'
      ? repository.listDoctorsVisits(db, span)
      : repository.listFamilyVisits(db, span, guardians.adult());
  }

  /** Whose visits were read is noted once a day, and again where there are others. */
  async function noteShown(
    feed: repository.KnownFeed,
    visits: readonly repository.FeedVisit[],
  ): Promise<void> {
    const people = [...new Set(visits.map(({ patient_id }) => patient_id))]
      .filter((id) => id !== feed.user_id)
      .sort((one, other) => one - other);
    if (people.length === 0) return;
    const group = createHash('sha256').update(people.join()).digest('base64url').slice(0, 16);
    const actor = { id: feed.user_id, role: feed.role, session: 0 };
    const details = { feed: feed.id };
    const once = `feed:${feed.id}:${group}`;
    await audit.recordShown(actor, { action: 'calendar.read', people, details, once });
  }

  async function write(feed: repository.KnownFeed, visits: readonly repository.FeedVisit[]): Promise<string> {
    const locale = feed.locale ?? default_locale;
    const side = feed.purpose === 'day' ? ('doctor' as const) : ('patient' as const);
    const name = [clinic_name, messageTexts(locale).calendar[feed.purpose]].filter(Boolean).join(': ');
    const events = visits.map((visit) => {
      const for_other = side === 'patient' && visit.patient_id !== feed.user_id;
      return calendarEvent(visit, { locale, side, for_other }, { clock, clinic_name });
    });
    return writeFeed(name, events);
  }

  return {
    /**
     * Makes a feed, whose address is told this once.
     * @param site where people reach this server, without a slash at the end
     * @throws AppError forbidden (it is not for their role), too_many_feeds
     */
    async create(purpose: FeedPurpose, caller: Caller, site: string): Promise<NewFeed> {
      const side = sideOf(caller.role);
      if (side === null || purposeOf[side] !== purpose) throw new AppError('forbidden');
      const token = newSecret();
      const wanted = { user: caller.id, purpose, token_hash: hashOfToken(token), now: clock.now() };
      const feed = await transaction(db, async (tx) => {
        const made = await repository.insertFeed(tx, wanted, FEEDS_MAX);
        if (!made) throw new AppError('too_many_feeds');
        await audit.record(tx, noted(caller, 'calendar.create', made.id));
        return made;
      });
      return withAddress(feed, token, site);
    },

    list: (caller: Caller): Promise<Feed[]> => repository.listFeeds(db, caller.id),

    /** Gives a feed another address; the one before leads nowhere at once. @throws AppError feed_not_found */
    async rotate(id: number, caller: Caller, site: string): Promise<NewFeed> {
      const token = newSecret();
      const change = { id, user: caller.id, token_hash: hashOfToken(token), now: clock.now() };
      const feed = await transaction(db, async (tx) => {
        const rotated = await repository.replaceToken(tx, change);
        if (!rotated) throw new AppError('feed_not_found');
        await audit.record(tx, noted(caller, 'calendar.rotate', id));
        return rotated;
      });
      return withAddress(feed, token, site);
    },

    /** @throws AppError feed_not_found */
    async remove(id: number, caller: Caller): Promise<void> {
      await transaction(db, async (tx) => {
        if (!(await repository.deleteFeed(tx, id, caller.id))) throw new AppError('feed_not_found');
        await audit.record(tx, noted(caller, 'calendar.delete', id));
      });
    },

    /**
     * The calendar behind an address.
     * @param file the last part of the address
     * @throws AppError feed_not_found, with the same words and work for an address that is wrong, replaced or ended
     */
    async read(file: string): Promise<CalendarFile> {
      const token = file.endsWith(EXTENSION) ? file.slice(0, -EXTENSION.length) : '';
      const feed = await repository.findFeed(db, hashOfToken(token));
      if (!feed) throw new AppError('feed_not_found');
      const visits = await visitsOf(feed);
      const text = await write(feed, visits);
      const content_hash = createHash('sha256').update(text).digest();
      const now = clock.now();
      const isKnown = feed.content_hash?.equals(content_hash) === true;
      const isNoted = feed.last_read_at !== null && now.getTime() - Date.parse(feed.last_read_at) < HOUR;
      if (!isNoted || !isKnown) await noteShown(feed, visits);
      const changed_at =
        isKnown && isNoted
          ? feed.changed_at
          : await repository.noteRead(db, { id: feed.id, content_hash, now });
      if (!changed_at) throw new AppError('feed_not_found');
      return { text, etag: `"${content_hash.toString('base64url')}"`, changed_at: new Date(changed_at) };
    },
  };
}
