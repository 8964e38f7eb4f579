import type { Policy } from '../../src/modules/availability/policy.rules.ts';
import type { Clinic } from './clinic.ts';
import type { Draw, Kinds } from './commands.ts';
import { usuallyGiven } from './furnishing.ts';
import { accounts, personOf, STAFF } from './people.ts';
import { idsOf, NOBODY, notAdmin, somebody } from './picking.ts';
import type { Filters } from './requests.ts';
import { isStillToCome } from './rules.ts';
import { daysOf, pageOf, pick, visitFilters } from './times.ts';

/** Now and then what a service fits in, or what lies in one branch. */
const narrowed = ({ services, branches }: Clinic, { what, time }: Draw): Filters =>
  pick<Filters>([{}, {}, { service: pick(services, time).id }, { branch: pick(branches, time).id }], what);

/** What is drawn beside: what is read, what the clinic asks for, who is there. */

export const clinicDraws = {
  wait: (_, { time }) => ({ do: 'wait', minutes: pick([5, 5, 15, 30, 30, 90, 24 * 60], time) }),
  'set policy'(clinic, draw) {
    const changes = pick<Partial<Policy>>(
      [
        { horizon_days: 1 },
        { min_notice_minutes: 60 },
        { horizon_days: 1, offer_minutes: 15 },
        { min_notice_minutes: 0 },
        { cancel_deadline_minutes: 1_440, late_cancellation: 'refuse' },
        { cancel_deadline_minutes: 60, late_cancellation: 'record' },
        { cancel_deadline_minutes: 0 },
        { active_appointments_max: 1 },
        { active_appointments_max: null },
        { horizon_days: null },
        { hold_minutes: 30, offer_minutes: 5 },
        { hold_minutes: 5, offer_minutes: 15 },
        { auto_confirm: true },
        { auto_confirm: false },
        { service_required: true },
        { service_required: false },
        { move_between_doctors: true },
        { move_between_doctors: false },
      ],
      draw.time + draw.what,
    );
    return { do: 'set policy', by: somebody(clinic, draw, 'admin').id, changes };
  },
  search(clinic, draw) {
    const hours = pick<Filters>(
      [{}, { after: '10:00' }, { before: '11:30' }, { per_doctor: 1 }, { per_doctor: 2, after: '09:30' }],
      draw.other,
    );
    const { date, ...days } = daysOf(clinic, draw);
    const filters = {
      ...days,
      ...(date && { from: date, to: date }),
      ...hours,
      ...pageOf(draw),
      ...narrowed(clinic, draw),
    };
    const doctor = pick(idsOf(clinic, 'doctor'), draw.which);
    return { do: 'search', by: somebody(clinic, draw, 'patient', ...STAFF).id, doctor, filters };
  },
  'list free slots'(clinic, draw) {
    const filters = { ...daysOf(clinic, draw), ...pageOf(draw), ...narrowed(clinic, draw) };
    const doctor = pick(idsOf(clinic, 'doctor'), draw.other);
    return { do: 'list free slots', by: somebody(clinic, draw, 'patient', ...STAFF).id, doctor, filters };
  },
  'list own slots'(clinic, draw) {
    const free = pick<Filters>([{}, { is_available: true }, { is_available: false }], draw.other);
    const filters = { ...daysOf(clinic, draw), ...pageOf(draw), ...free };
    return { do: 'list own slots', by: somebody(clinic, draw, 'doctor').id, filters };
  },
  'list own visits'(clinic, draw) {
    const by = somebody(clinic, draw, 'patient', 'doctor', ...STAFF).id;
    return { do: 'list own visits', by, filters: visitFilters(clinic, draw) };
  },
  'list all visits'(clinic, draw) {
    // Somebody is named, because the real clinic holds the records of earlier runs too.
    const role = draw.flag ? 'doctor' : 'patient';
    const filters = { ...visitFilters(clinic, draw), [role]: pick(idsOf(clinic, role), draw.which) };
    return { do: 'list all visits', by: somebody(clinic, draw, ...STAFF).id, filters };
  },
  give(clinic, draw) {
    const doctors = idsOf(clinic, 'doctor');
    const doctor = pick(doctors, draw.which);
    // Mostly without one of those that they usually give: how long each takes never changes.
    const services = usuallyGiven(clinic.services, doctor, doctors.indexOf(doctor))
      .filter((_, place) => draw.flag || place !== draw.time % 6)
      .map(({ doctor: _, service, minutes, ...own }) => ({
        service,
        ...(minutes !== null && { duration_minutes: minutes }),
        ...own,
      }));
    return { do: 'give', by: somebody(clinic, draw, 'admin').id, doctor, services };
  },
  'change service'(clinic, draw) {
    const off = clinic.services.find(({ is_active }) => !is_active);
    const { id, is_active } = off ?? pick(clinic.services, draw.time);
    const changes = draw.flag || off ? { is_active: !is_active } : { price: draw.time * 100 };
    return { do: 'change service', by: somebody(clinic, draw, 'admin').id, service: id, changes };
  },
  activate(clinic, draw) {
    const out = accounts(clinic).find(({ is_active, erased }) => !is_active && !erased);
    // Every other is a doctor whom patients are about to see.
    const ahead = clinic.visits.find((visit) => isStillToCome(clinic, visit));
    const leaver = draw.flag && ahead ? personOf(clinic, ahead.doctor) : notAdmin(clinic, draw);
    const person = draw.time % 4 !== 0 && out ? out : leaver;
    const [by = NOBODY] = idsOf(clinic, 'admin');
    const keep = { upcoming: 'keep' as const };
    const upcoming = pick([keep, {}, { upcoming: 'cancel' as const }, keep, {}], draw.which);
    const leaving = person.is_active ? upcoming : {};
    return { do: 'activate', by, person: person.id, is_active: !person.is_active, ...leaving };
  },
  erase(clinic, draw) {
    const [by = NOBODY] = idsOf(clinic, 'admin');
    return { do: 'erase', by, person: notAdmin(clinic, draw).id };
  },
  'sign in'(clinic, draw) {
    const out = accounts(clinic).filter((person) => !person.signed_in);
    return { do: 'sign in', by: (out.length > 0 ? pick(out, draw.who) : notAdmin(clinic, draw)).id };
  },
} satisfies Partial<Kinds>;
