import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import { demo } from '../../core/demo.ts';
import { idParams } from '../../http/fields.ts';
import { anyOf, IsDoctor, IsPatient, Public } from '../../http/guards.ts';
import type { ZodTypeProvider } from '../../http/zod.ts';
import {
  calendarFile,
  DAYS_AHEAD,
  DAYS_BACK,
  FEEDS_MAX,
  feedInput,
  feedList,
  fileParams,
  newFeed,
} from './feeds.schemas.ts';
import type { CalendarFile, Feeds } from './feeds.service.ts';

const tags = ['calendar'];
const params = idParams('The feed’s id, from `/api/calendar/feeds/`.', demo.feed.id);
const CALENDAR_TYPE = 'text/calendar; charset=utf-8';
const preHandler = anyOf(IsPatient, IsDoctor);

/** Calendars to subscribe to: made and ended by their people, read by programs without signing in. */
export async function feedsRoutes(instance: FastifyInstance, { feeds }: { feeds: Feeds }) {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  app.describeHeading({
    name: 'calendar',
    description:
      'My visits in the calendar of my phone or computer: an address to subscribe to, which shows every change by itself.',
    order: 57,
  });

  app.post(
    '/calendar/feeds/',
    {
      preHandler,
      config: { errors: ['too_many_feeds'], location: '/api/calendar/feeds/' },
      schema: {
        tags,
        operationId: 'createCalendarFeed',
        summary: 'Make an address to subscribe to',
        description:
          'Patients get their own visits and those of whom they look after (`visits`), doctors theirs (`day`): of ' +
          `${DAYS_BACK} days back and ${DAYS_AHEAD} ahead. ` +
          'Whoever has the address can read it, so it is shown this once; lost or seen by others, it is ' +
          'replaced by `rotate`. It outlives sessions, and ends with the account. ' +
          `One has ${FEEDS_MAX} at most.`,
        body: feedInput,
        response: { 201: newFeed },
      },
    },
    async (request, reply) => {
      const feed = await feeds.create(request.body.purpose, request.user, request.site);
      return reply.code(201).header('location', `/api/calendar/feeds/${feed.id}/`).send(feed);
    },
  );

  app.get(
    '/calendar/feeds/',
    {
      preHandler,
      schema: {
        tags,
        operationId: 'listCalendarFeeds',
        summary: 'List my calendar feeds',
        description: 'When each was made and last read; never its address.',
        response: { 200: feedList },
      },
    },
    async (request) => feeds.list(request.user),
  );

  app.delete(
    '/calendar/feeds/:id/',
    {
      preHandler,
      config: { errors: ['feed_not_found'] },
      schema: {
        tags,
        operationId: 'deleteCalendarFeed',
        summary: 'End a calendar feed',
        description: 'Its address leads nowhere from now on.',
        params,
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      await feeds.remove(request.params.id, request.user);
      return reply.code(204).send();
    },
  );

  app.post(
    '/calendar/feeds/:id/rotate/',
    {
      preHandler,
      config: { errors: ['feed_not_found'] },
      schema: {
        tags,
        operationId: 'rotateCalendarFeed',
        summary: 'Replace the address of a calendar feed',
        description: 'The address before leads nowhere from now on. The new one is shown this once.',
        params,
        response: { 200: newFeed },
      },
    },
    async (request) => feeds.rotate(request.params.id, request.user, request.site),
  );

  app.get(
    '/calendar/:file',
    {
      preHandler: Public,
      config: { etag: 'page', errors: ['feed_not_found'], secret_path: true },
      schema: {
        tags,
        operationId: 'getCalendar',
        summary: 'Read a calendar',
        description:
          'For calendar programs, by the address alone: iCalendar (RFC 5545, RFC 7986), UTC throughout. `UID` stays for the life ' +
          'of a visit, `SEQUENCE` is its version. `ETag` and `Last-Modified` spare a second reading of the same. ' +
          'Parameters behind the address are ignored.',
        params: fileParams,
        response: {
          200: { description: 'The calendar.', content: { 'text/calendar': { schema: calendarFile } } },
        },
      },
    },
    async (request, reply) => {
      const calendar = await feeds.read(request.params.file);
      reply
        .header('etag', calendar.etag)
        .header('last-modified', calendar.changed_at.toUTCString())
        .header('cache-control', 'private, no-cache');
      return isUnchanged(request.headers, calendar) ? sendUnchanged(reply) : sendCalendar(reply, calendar);
    },
  );
}

const sendUnchanged = (reply: FastifyReply) => reply.code(304).send() as never;

const sendCalendar = (reply: FastifyReply, { text }: CalendarFile) =>
  reply
    .header('content-type', CALENDAR_TYPE)
    .header('content-disposition', 'inline; filename="calendar.ics"')
    .serializer((body: string) => body)
    .send(text) as never;

interface Conditions {
  'if-none-match'?: string | undefined;
  'if-modified-since'?: string | undefined;
}

/** RFC 9110, section 13.2.2: a date counts only where no tag is named. Tags are compared where every answer’s are. */
function isUnchanged(conditions: Conditions, { changed_at }: CalendarFile): boolean {
  const { 'if-none-match': tags, 'if-modified-since': since } = conditions;
  return tags === undefined && since !== undefined && changed_at.getTime() <= Date.parse(since);
}
