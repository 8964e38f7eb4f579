import type { AppointmentStatus } from './words.ts';

/** A visit as calendars know it (RFC 5545). */
export interface CalendarEvent {
  /** The same for as long as the visit lives. */
  uid: string;
  /** Greater with every change of the visit. */
  sequence: number;
  status: 'TENTATIVE' | 'CONFIRMED' | 'CANCELLED';
  starts_at: Date;
  ends_at: Date;
  created_at: Date;
  updated_at: Date;
  summary: string;
  description: string;
  location: string;
}

export type PersonName = readonly [first_name: string | null, last_name: string | null];

/** What a calendar is told of a visit. What it is about is not among it: calendars lie with strangers. */
export interface VisitForCalendar {
  clinic_uid: string;
  /** Of the log, when the visit was made. */
  epoch: string;
  id: number;
  version: number;
  status: AppointmentStatus;
  date: string;
  start_time: string;
  end_time: string;
  created_at: string;
  updated_at: string;
  doctor: PersonName;
  patient: PersonName;
  /** Where it is; the branch's name where the clinic has several. */
  place: { branch: string | null; address: string | null; phone: string | null };
}

/** An email address with its name; empty where it has none. */
interface Mailbox {
  name: string;
  address: string;
}

interface Invitation {
  method: 'REQUEST' | 'CANCEL';
  event: CalendarEvent;
  organizer: Mailbox;
  /** Whom it is sent to, and nobody else: guests are told nothing of one another. */
  attendee: Mailbox;
  /** They said that they come, or nobody asks them. */
  accepted: boolean;
  now: Date;
}

const PRODUCT = '-//clinic-booking-api//calendar//EN';
/** How often programs are asked to read a feed anew. */
const REFRESH_SECONDS = 3_600;

/** Loaded with the first calendar: at start it would cost 20 ms, also where nobody subscribes. */
const library = () => import('ical-generator');
type Library = Awaited<ReturnType<typeof library>>;

/**
 * The name of a visit in people's calendars. Names of hosts change; what the clinic keeps in its database does not.
 * @param epoch of the log when the visit was made: after a restore ids come again
 */
export const uidOf = (clinic: string, epoch: string, appointment: number): string =>
  `${clinic}-${epoch}-${appointment}`;

/**
 * Begins a file. Times are given as Date and without a zone, and so are written in UTC: with a zone the library (11.1.2)
 * writes its process's own local hour.
 */
const begin = ({ default: ical }: Library) => ical({ prodId: PRODUCT.slice(1) });
type File = ReturnType<typeof begin>;

function add(file: File, library: Library, event: CalendarEvent, stamp: Date) {
  const { ICalEventClass, ICalEventStatus, ICalEventTransparency, ICalEventBusyStatus } = library;
  const { uid, sequence, status, starts_at, ends_at, created_at, updated_at, summary } = event;
  const takesTime = status !== 'CANCELLED';
  const busy = { CONFIRMED: 'BUSY', TENTATIVE: 'TENTATIVE', CANCELLED: 'FREE' } as const;
  return file.createEvent({
    id: uid,
    sequence,
    stamp,
    start: starts_at,
    end: ends_at,
    summary,
    ...(event.location !== '' && { location: event.location }),
    ...(event.description !== '' && { description: event.description }),
    status: ICalEventStatus[status],
    class: ICalEventClass.PRIVATE,
    transparency: takesTime ? ICalEventTransparency.OPAQUE : ICalEventTransparency.TRANSPARENT,
    busystatus: ICalEventBusyStatus[busy[status]],
    created: created_at,
    lastModified: updated_at,
  });
}

/**
 * A calendar to subscribe to (RFC 5545, RFC 7986). The same events make the same bytes.
 * @returns lines of at most 75 octets that end with CR LF
 */
export async function writeFeed(name: string, events: readonly CalendarEvent[]): Promise<string> {
  const loaded = await library();
  const file = begin(loaded);
  file.name(name);
  file.ttl(REFRESH_SECONDS);
  for (const event of events) add(file, loaded, event, event.updated_at);
  return asLines(file);
}

/** One visit as a meeting that an email carries (RFC 5546): METHOD says whether it is on. */
export async function writeInvitation(invitation: Invitation): Promise<string> {
  const { method, event, organizer, attendee, accepted, now } = invitation;
  const loaded = await library();
  const { ICalAttendeeRole, ICalAttendeeStatus, ICalCalendarMethod } = loaded;
  const file = begin(loaded);
  file.method(ICalCalendarMethod[method]);
  const meeting = add(file, loaded, event, now);
  // The library wants a name; an address serves where there is none.
  meeting.organizer({ name: organizer.name || organizer.address, email: organizer.address });
  meeting.createAttendee({
    name: attendee.name || attendee.address,
    email: attendee.address,
    role: ICalAttendeeRole.REQ,
    status: accepted ? ICalAttendeeStatus.ACCEPTED : ICalAttendeeStatus.NEEDSACTION,
    // Answers would go to an address that nobody reads.
    rsvp: false,
  });
  return asLines(file);
}

/** The library leaves out the last line's end, which RFC 5545, section 3.1, asks for. */
const asLines = (file: File): string => `${file.toString()}\r\n`;

/** @param sender such as `Clinic <no-reply@clinic.example>` */
export function mailboxOf(sender: string): Mailbox {
  const [, name = '', address = ''] = /^\s*"?(.*?)"?\s*<?([^\s<>"]+@[^\s<>"]+)>?\s*$/.exec(sender) ?? [];
  return { name, address };
}
