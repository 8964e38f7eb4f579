import type { Role } from '../../src/core/roles.ts';
import type { Clinic, Person, Wish } from './clinic.ts';
import type { Draw } from './commands.ts';
import { accounts, guardiansOf, isStaff, personOf, STAFF } from './people.ts';
import type { Request } from './requests.ts';
import { isHeld } from './rules.ts';
import { pick } from './times.ts';

/** Whom and what a drawn number stands for. */

/** An id that nothing has. */
export const NOBODY = 2_000_000_000;

/** One of the newest six, so that commands meet on the same few records; now and then none. */
export const recent = <Row>(rows: readonly Row[], { which, other }: Draw): Row | undefined =>
  other === 11 ? undefined : rows[rows.length - 1 - (which % Math.max(1, rows.length))];

/** Now and then one that a holiday took: somebody still has it on their screen. */
export const closedSlot = ({ closed }: Clinic, { other }: Draw): number | undefined =>
  other >= 8 && other <= 10 ? closed.at(-1)?.id : undefined;

export const wantedSlot = (clinic: Clinic, draw: Draw): number =>
  closedSlot(clinic, draw) ?? recent(clinic.slots, draw)?.id ?? NOBODY;

/** Somebody of these roles, and once in twenty anybody at all. */
export function somebody(clinic: Clinic, { who, time }: Draw, ...roles: readonly Role[]): Person {
  const people = accounts(clinic);
  if (who === 19) return pick(people, time);
  return pick(
    people.filter(({ role }) => roles.includes(role)),
    who,
  );
}

export const wasTurnedDown = ({ offers }: Clinic, slot: number | null) =>
  slot !== null && offers.some((one) => one.timeslot === slot && one.outcome === 'declined');

export const isOut = ({ people }: Clinic, id: number) =>
  people.some((one) => one.id === id && !one.is_active);

export const idsOf = (clinic: Clinic, role: Role) =>
  clinic.people.filter((person) => person.role === role).map(({ id }) => id);
export const notAdmin = (clinic: Clinic, { who }: Draw) =>
  pick(
    accounts(clinic).filter(({ role }) => role !== 'admin'),
    who,
  );

/** Those whom the desk knows and who are still here, the newest first. */
export const registered = ({ people }: Clinic): number[] =>
  people
    .filter(({ from_desk, erased, has_sign_in }) => from_desk && !erased && !has_sign_in)
    .map(({ id }) => id)
    .toReversed();

/** Those who look after somebody, and have an account. */
export const guardiansWhoAsk = (clinic: Clinic, patient: number): number[] =>
  guardiansOf(clinic, patient).filter((id) => personOf(clinic, id).has_sign_in);

/** Who acts for somebody: themself, or one of those who look after them. */
export function accountOf(clinic: Clinic, { time }: Draw, person: number): number {
  const guardians = guardiansWhoAsk(clinic, person);
  const { has_sign_in } = personOf(clinic, person);
  if (has_sign_in && time % 2 === 0) return person;
  if (guardians.length > 0) return pick(guardians, time);
  // Whoever has no account is helped at the desk.
  return has_sign_in ? person : (idsOf(clinic, 'receptionist')[0] ?? person);
}

export const childOf = ({ people }: Clinic, guardian: number) =>
  people.findLast(({ guardians }) => guardians.includes(guardian))?.id;

/** The doctors for whom somebody waits, by name or by their specialization. */
export const doctorsFor = ({ people }: Clinic, { doctor, specialization }: Wish): number[] =>
  people
    .filter(
      (one) =>
        one.role === 'doctor' &&
        (doctor === null ? one.specialization === specialization : one.id === doctor),
    )
    .map(({ id }) => id);

/** The staff names whom they act for; others now and then, often somebody else. Every other guardian acts for their child. */
export function naming(clinic: Clinic, { other, flag }: Draw, caller: Person, role: 'doctor' | 'patient') {
  if (isStaff(caller) || other === 0) return { [role]: pick(idsOf(clinic, role), other) };
  const child = role === 'patient' && flag ? childOf(clinic, caller.id) : undefined;
  return child === undefined ? {} : { patient: child };
}

/** Every other comes for a service, mostly for one that the doctor of the slot gives. */
export function forService(clinic: Clinic, { what, time }: Draw, slot: number): { service?: number } {
  if (what < 5) return {};
  const doctor = clinic.slots.find(({ id }) => id === slot)?.doctor;
  const given = clinic.given.filter((one) => one.doctor === doctor).map(({ service }) => service);
  const all = clinic.services.map(({ id }) => id);
  const examinations = clinic.services.filter(({ room_kind }) => room_kind !== null).map(({ id }) => id);
  if (what === 8) return { service: pick(examinations, time) };
  return { service: what === 9 ? (all[time] ?? NOBODY) : pick(given.length > 0 ? given : all, time) };
}

/** Where somebody publishes: mostly in the first branch, now and then in a room. */
export function placed(
  { branches, rooms }: Clinic,
  { what, time }: Draw,
): { branch?: number; room?: number } {
  const [first, second] = branches.map(({ id }) => id);
  const branch = what === 0 ? undefined : what < 7 ? first : second;
  const there = rooms.filter((room) => room.branch === (branch ?? first) || what === 1);
  // Often the same one, that doctors want it at once.
  const room =
    what > 3 && what < 7
      ? rooms[0]?.id
      : what % 3 === 1 && there.length > 0
        ? pick(there, time).id
        : undefined;
  return { ...(branch !== undefined && { branch }), ...(room !== undefined && { room }) };
}

/** On a day on which the clinic is closed most publish by mistake, some on purpose. */
export const onPurpose = ({ holidays }: Clinic, { flag }: Draw, day: string) =>
  flag && holidays.some(({ date }) => date === day) ? { despite_holiday: true } : {};

export function onSlot(clinic: Clinic, draw: Draw) {
  const slot = recent(clinic.slots, draw);
  const by = draw.flag && slot ? slot.doctor : somebody(clinic, draw, 'doctor', ...STAFF).id;
  return { by, slot: slot?.id ?? NOBODY };
}

export function onVisit(clinic: Clinic, draw: Draw, side: 'doctor' | 'patient') {
  const visit = recent(clinic.visits, draw);
  const by =
    draw.flag && visit ? accountOf(clinic, draw, visit[side]) : somebody(clinic, draw, side, ...STAFF).id;
  return { by, visit: visit?.id ?? NOBODY };
}

/** Mostly one that has an offer, else one of the newest. */
export function onWish(clinic: Clinic, draw: Draw) {
  const live = clinic.offers.filter(({ outcome, expires_at }) => outcome === null && expires_at > clinic.now);
  const wishes = clinic.wishes.filter(({ id }) => live.some(({ entry }) => entry === id));
  const offered = wishes.find(({ replaces }) => replaces !== null) ?? wishes[0];
  const wish = draw.time % 3 !== 0 && offered ? offered : recent(clinic.wishes, draw);
  const by =
    draw.who < 15 && wish
      ? accountOf(clinic, draw, wish.patient)
      : somebody(clinic, draw, 'patient', ...STAFF).id;
  return { by, wish: wish?.id ?? NOBODY };
}

/** Where nothing is offered that could be, it is offered: else there would hardly ever be an offer to answer. */
export function offerFirst(clinic: Clinic, draw: Draw): Request | undefined {
  const slot = clinic.slots.find((one) => one.is_waitlisted && !isHeld(clinic, one));
  const [by = NOBODY] = idsOf(clinic, 'admin');
  return slot && draw.other < 9 ? { do: 'pass on', by, slot: slot.id } : undefined;
}
