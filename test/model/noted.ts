import { type Clinic, hasBegun, type Request, type Visit } from './clinic.ts';

/** What a request brought about that no answer tells of itself. */

type Judge = (before: Clinic, request: Request, after: Clinic) => boolean;

const visitOf = ({ visits }: Clinic, id: number): Visit | undefined =>
  visits.find((visit) => visit.id === id);

const judges = {
  'a visit goes to a colleague': (before, request, after) =>
    request.do === 'reschedule' &&
    visitOf(before, request.visit)?.doctor !== visitOf(after, request.visit)?.doctor,
  'an offer takes the place of a visit': (before, request, after) =>
    request.do === 'accept' &&
    before !== after &&
    before.wishes.some(({ id, replaces }) => id === request.wish && replaces !== null) &&
    before.visits.length === after.visits.length,
  'an offer waits until somebody wakes': (_, __, { slots }) =>
    slots.some(({ offer_after }) => offer_after !== null),
  'somebody is offered again what became free again': (_, __, { offers }) =>
    offers.some(({ entry, timeslot, freeing }) =>
      offers.some((one) => one.entry === entry && one.timeslot === timeslot && one.freeing < freeing),
    ),
  'what is given up on a holiday is gone': (before, { do: kind }, after) =>
    ['cancel', 'decide', 'reschedule'].includes(kind) && before.closed.length < after.closed.length,
  'somebody publishes on a holiday on purpose': (_, __, { slots }) =>
    slots.some(({ despite_holiday }) => despite_holiday),
  'visits fall out with a holiday': (_, __, { visits }) =>
    visits.some(({ cancel_reason }) => cancel_reason === 'clinic_closed'),
  'visits fall out with a patient': (_, __, { visits }) =>
    visits.some(({ cancel_reason }) => cancel_reason === 'account_closed'),
  'a request expires': (_, __, { visits }) => visits.some(({ status }) => status === 'expired'),
  'whoever arrives is confirmed': (before, request, after) =>
    request.do === 'mark' && before !== after && visitOf(before, request.visit)?.status === 'pending',
  'the desk books what runs': (before, { do: kind }, after) => {
    const booked = after.visits.at(-1);
    return kind === 'book' && before !== after && booked !== undefined && hasBegun(before, booked);
  },
  'reception cancels what it booked and moved': (before, request, after) => {
    const visit = request.do === 'cancel' ? visitOf(before, request.visit) : undefined;
    const isReceptionist = before.people.some(({ id, role }) => id === request.by && role === 'receptionist');
    return isReceptionist && before !== after && visit?.booked_by === request.by && visit.version > 2;
  },
  'a guardian acts for a child': (before, request, after) => {
    const child = before.people.find(({ guardians }) => guardians?.includes(request.by))?.id;
    const acts = ['book', 'reschedule', 'cancel', 'hold', 'join', 'accept'].includes(request.do);
    const rows = (clinic: Clinic) => [
      clinic.visits.filter(({ patient }) => patient === child),
      clinic.slots.filter(({ held_by }) => held_by === child),
      clinic.wishes.filter(({ patient }) => patient === child),
    ];
    return acts && child !== undefined && JSON.stringify(rows(before)) !== JSON.stringify(rows(after));
  },
  'somebody holds anew what they held': (before, request, after) =>
    request.do === 'hold' &&
    before !== after &&
    before.slots.some(
      ({ id, last_held_by, last_held_until }) =>
        id === request.slot && last_held_by === request.by && (last_held_until ?? '9') <= before.now,
    ),
  'the waiting list keeps what is out of reach': (_, __, { slots, now, policy }) =>
    policy.horizon_days === 1 &&
    slots.some(
      ({ is_waitlisted, date }) =>
        is_waitlisted && Date.parse(date) - Date.parse(now.slice(0, 10)) > 86_400_000,
    ),
} satisfies Record<string, Judge>;

export type Note = keyof typeof judges;

export const noted = (before: Clinic, request: Request, after: Clinic): Note[] =>
  Object.entries<Judge>(judges)
    .filter(([, holds]) => holds(before, request, after))
    .map(([note]) => note as Note);
