import type { Clinic, Slot, Visit } from './clinic.ts';
import { guardiansOf, personOf } from './people.ts';
import type { Request } from './requests.ts';
import { hasBegun, hasEnded, isStillToCome, slotsOf } from './rules.ts';

/** What a request brought about that no answer tells of itself. */

type Judge = (before: Clinic, request: Request, after: Clinic) => boolean;

const usedCodes = ({ invitations }: Clinic) => invitations.filter(({ used_by }) => used_by !== null).length;

const visitOf = ({ visits }: Clinic, id: number): Visit | undefined =>
  visits.find((visit) => visit.id === id);

const isPartOfOffer = ({ is_waitlisted, held_by, held_with }: Slot) =>
  is_waitlisted && held_by !== null && held_with !== null;

const judges = {
  'a visit goes to a colleague': (before, request, after) =>
    request.do === 'reschedule' &&
    visitOf(before, request.visit)?.doctor !== visitOf(after, request.visit)?.doctor,
  'an offer takes the place of a visit': (before, request, after) =>
    request.do === 'accept' &&
    before !== after &&
    before.wishes.some(({ id, replaces }) => id === request.wish && replaces !== null) &&
    before.visits.length === after.visits.length,
  'a wish waits on that came to the visit of another': (before, request, after) =>
    request.do === 'change patient' &&
    after.wishes.some(
      ({ id, status }) =>
        status === 'waiting' && before.wishes.some((one) => one.id === id && one.status === 'booked'),
    ),
  'a visit gives way to one with a colleague': (before, request, after) =>
    request.do === 'accept' &&
    before.visits.length < after.visits.length &&
    before.wishes.some(({ id, replaces }) => id === request.wish && replaces !== null),
  'an offer waits for the branch that is wished': (_, __, { wishes, offers, slots, branches }) =>
    offers.some(({ entry, timeslot }) => {
      const branch = wishes.find(({ id }) => id === entry)?.branch ?? null;
      return (
        branch === branches[1]?.id && slots.some((slot) => slot.id === timeslot && slot.branch === branch)
      );
    }),
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
  'a branch is closed for a day, and the clinic with it': (_, __, { holidays }) =>
    holidays.some(
      ({ date, branch }) =>
        branch !== null && holidays.some((other) => other.date === date && other.branch === null),
    ),
  'visits fall out with a branch': (_, { do: kind }, { visits }) =>
    kind === 'change branch' && visits.some(({ cancel_reason }) => cancel_reason === 'clinic_closed'),
  'what is given up in a closed room is gone': (before, { do: kind }, after) =>
    kind === 'cancel' &&
    before.closed.length < after.closed.length &&
    after.rooms.some(({ is_active }) => !is_active),
  'what runs is gone with its branch': (before, { do: kind }, after) =>
    kind === 'change branch' &&
    before.slots.some(
      (slot) =>
        hasBegun(before, slot) && !hasEnded(before, slot) && !after.slots.some(({ id }) => id === slot.id),
    ),
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
    const child = before.people.find(({ guardians }) => guardians.includes(request.by))?.id;
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
  'a visit moves within its own slots': (before, request, after) => {
    if (request.do !== 'reschedule' || before === after) return false;
    const [had = [], has = []] = [before, after].map((clinic) => {
      const visit = visitOf(clinic, request.visit);
      return visit && slotsOf(visit);
    });
    return has.length > 1 && has[0] !== had[0] && had.some((slot) => has.includes(slot));
  },
  'an examination is in another room than its doctor': (_, __, { visits, slots, services }) =>
    visits.some(({ timeslot, service, room }) => {
      const needs = services.find(({ id }) => id === service)?.room_kind ?? null;
      return needs !== null && room !== null && slots.find(({ id }) => id === timeslot)?.room !== room;
    }),
  'all that a service takes is offered at once': (before, request, after) =>
    request.do === 'accept' && before !== after && after.visits.at(-1)?.further.length === 2,
  'what is offered together goes together': (before, request, after) =>
    request.do === 'be away' &&
    before.slots.filter(isPartOfOffer).length > 1 &&
    !after.slots.some(isPartOfOffer) &&
    after.wishes.some(({ status, service }) => status === 'waiting' && service !== null),
  'a whole is offered over what lapsed': (before, request, after) =>
    request.do === 'book' &&
    !before.slots.some(isPartOfOffer) &&
    after.slots.some(isPartOfOffer) &&
    after.offers.some(({ outcome }) => outcome === 'lapsed'),
  'part of what is held is booked alone': (before, request, after) => {
    const isRest = ({ held_with }: Slot) => request.do === 'book' && held_with === request.slot;
    return before.visits.length < after.visits.length && after.slots.some(isRest);
  },
  'somebody comes of age with a visit ahead': (_, __, clinic) =>
    clinic.visits.some(
      (visit) =>
        isStillToCome(clinic, visit) &&
        personOf(clinic, visit.patient).guardians.length > 0 &&
        guardiansOf(clinic, visit.patient).length === 0,
    ),
  'another guardian joins by a code': (before, { do: kind }, after) =>
    kind === 'join family' && usedCodes(after) > usedCodes(before),
  'a child goes whom nobody would miss': (before, request, after) =>
    request.do === 'let go' &&
    !personOf(before, request.dependant).erased &&
    personOf(after, request.dependant).erased,
  'a merge moves visits, wishes and offers': (before, request, after) => {
    if (request.do !== 'merge' || before === after) return false;
    const of = ({ visits, wishes, slots }: Clinic) => [
      visits.some(({ patient }) => patient === request.patient),
      wishes.some(({ patient }) => patient === request.patient),
      slots.some(({ held_by, is_waitlisted }) => held_by === request.patient && is_waitlisted),
    ];
    return of(before).every(Boolean) && !of(after).some(Boolean);
  },
  'somebody claims their record': (before, request, after) =>
    request.do === 'claim' &&
    before.people.some(({ id, has_sign_in }) => !has_sign_in && personOf(after, id).has_sign_in),
  'a record takes over the sign-in of the other': (before, request, after) =>
    request.do === 'merge' &&
    !personOf(before, request.into).has_sign_in &&
    personOf(after, request.into).has_sign_in,
  'a receptionist works in one branch': (before, request, after) =>
    before !== after && personOf(before, request.by).branches !== null,
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
