import { PASSWORD } from '../helpers/app.ts';
import { type Answer, outcome } from '../helpers/races.ts';
import type { Expected, Filters, Openness, Request } from './requests.ts';

type Http = [method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: object | undefined];

/** How a request is sent. */
export function httpOf(request: Exclude<Request, { do: 'sign in' | 'claim' | 'pass on' | 'expire' }>): Http {
  switch (request.do) {
    case 'publish': {
      const { do: _, by, ...body } = request;
      return ['POST', '/timeslots/', body];
    }
    case 'publish many': {
      const { do: _, by, ...body } = request;
      return ['POST', '/timeslots/bulk/', body];
    }
    case 'hold': {
      const { patient, service } = request;
      const path = `/timeslots/${request.slot}/hold/`;
      return service === undefined
        ? ['POST', path, forPatient(request)]
        : ['POST', path, { patient, service }];
    }
    case 'release':
      return ['DELETE', `/timeslots/${request.slot}/hold/`, forPatient(request)];
    case 'reschedule':
      return ['POST', `/appointments/${request.visit}/reschedule/`, { timeslot: request.slot }];
    case 'change patient':
      return ['POST', `/appointments/${request.visit}/patient/`, { patient: request.patient }];
    case 'mark':
      return ['POST', `/appointments/${request.visit}/${request.mark}/`];
    case 'take back':
      return ['DELETE', `/appointments/${request.visit}/attendance/`];
    case 'be away': {
      const { do: _, by, ...body } = request;
      return ['POST', '/absences/', body];
    }
    case 'come back':
      return ['DELETE', `/absences/${request.absence}/`];
    case 'close': {
      const { do: _, by, ...body } = request;
      return ['POST', '/holidays/', body];
    }
    case 'open':
      return ['DELETE', `/holidays/${request.holiday}/`];
    case 'change branch':
      return ['PATCH', `/branches/${request.branch}/`, opennessOf(request)];
    case 'delete branch':
      return ['DELETE', `/branches/${request.branch}/`];
    case 'add room': {
      const { do: _, by, ...body } = request;
      return ['POST', '/rooms/', body];
    }
    case 'change room':
      return ['PATCH', `/rooms/${request.room}/`, opennessOf(request)];
    case 'delete room':
      return ['DELETE', `/rooms/${request.room}/`];
    case 'join': {
      const { do: _, by, ...body } = request;
      return ['POST', '/waitlist/', body];
    }
    case 'leave':
      return ['DELETE', `/waitlist/${request.wish}/`];
    case 'accept':
    case 'decline':
      return ['POST', `/waitlist/${request.wish}/${request.do}/`];
    case 'read wish':
      return ['GET', `/waitlist/${request.wish}/`];
    case 'set policy':
      return ['PATCH', '/settings/', request.changes];
    case 'search':
      return ['GET', `/timeslots/search/?doctor=${request.doctor}&${queryOf(request.filters)}`];
    case 'withdraw':
      return ['DELETE', `/timeslots/${request.slot}/`];
    case 'read slot':
      return ['GET', `/timeslots/${request.slot}/`];
    case 'book': {
      const { slot: timeslot, patient, service, reason } = request;
      return ['POST', '/appointments/', { timeslot, patient, service, reason }];
    }
    case 'decide': {
      const { status, reason } = request;
      return ['PATCH', `/appointments/${request.visit}/`, { status, reason }];
    }
    case 'note':
      return ['PATCH', `/appointments/${request.visit}/`, { note: request.note }];
    case 'cancel': {
      const path = `/appointments/${request.visit}/`;
      return request.reason === undefined ? ['DELETE', path] : ['DELETE', path, { reason: request.reason }];
    }
    case 'read visit':
      return ['GET', `/appointments/${request.visit}/`];
    case 'list free slots':
      return ['GET', `/doctors/${request.doctor}/timeslots/?${queryOf(request.filters)}`];
    case 'list own slots':
      return ['GET', `/timeslots/?${queryOf(request.filters)}`];
    case 'list own visits':
      return ['GET', `/appointments/me/?${queryOf(request.filters)}`];
    case 'list all visits':
      return ['GET', `/appointments/?${queryOf(request.filters)}`];
    case 'register': {
      const { do: _, by, ...body } = request;
      return ['POST', '/patients/', body];
    }
    case 'correct':
      return ['PATCH', `/patients/${request.patient}/`, { date_of_birth: request.date_of_birth }];
    case 'merge':
      return ['POST', `/patients/${request.patient}/merge/`, { into: request.into }];
    case 'send code':
      return ['POST', '/auth/claim/', { phone: request.phone }];
    case 'tie': {
      const { patient, guardian } = request;
      return ['POST', `/patients/${patient}/guardians/`, { guardian, relationship: 'parent' }];
    }
    case 'add dependant': {
      const { do: _, by, ...body } = request;
      return ['POST', '/patient/dependants/', body];
    }
    case 'let go':
      return ['DELETE', `/patient/dependants/${request.dependant}/`];
    case 'invite':
      return ['POST', `/patient/dependants/${request.dependant}/invite/`];
    case 'join family':
      return ['POST', '/patient/dependants/join/', { code: request.code, relationship: 'other' }];
    case 'give':
      return ['PUT', `/doctors/${request.doctor}/services/`, { services: request.services }];
    case 'change service':
      return ['PATCH', `/services/${request.service}/`, request.changes];
    case 'activate': {
      const { is_active, upcoming } = request;
      return ['PATCH', `/users/${request.person}/`, { is_active, upcoming }];
    }
    case 'erase':
      return ['DELETE', `/users/${request.person}/`, { password: PASSWORD }];
  }
}

/** Whoever acts for themself sends no body. */
const forPatient = ({ patient }: { patient?: number }) => (patient === undefined ? undefined : { patient });

const opennessOf = ({ is_active, upcoming }: Openness) => ({ is_active, upcoming });

const queryOf = (filters: Filters) =>
  new URLSearchParams(
    Object.entries(filters).map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();

/** Whose answers say what other tests ask. */
const WORDLESS: readonly string[] = ['give', 'change service', 'invite'];
const OPENNESS: readonly string[] = ['activate', 'change branch', 'add room', 'change room'];
const PATIENTS: readonly string[] = ['register', 'correct', 'merge', 'tie', 'join family'];

/** What of an answer the model tells too. */
export function seen(request: Request, answer: Answer): Expected {
  const { status, body } = answer;
  if (status >= 400) {
    const { count, room, candidates } = body;
    const told = {
      ...(count !== undefined && { count }),
      ...(room !== undefined && { room }),
      ...(candidates && { candidates: candidates.map(({ id }) => id) }),
    };
    return { status, code: outcome(answer).slice(4), ...(Object.keys(told).length > 0 && { body: told }) };
  }
  if (status === 204 || request.do === 'sign in') return { status };
  if (WORDLESS.includes(request.do)) return { status, body: {} };
  if (PATIENTS.includes(request.do)) return { status, body: { id: body.id } };
  if (OPENNESS.includes(request.do)) return { status, body: { id: body.id, is_active: body.is_active } };
  if (!body.results) return { status, body: timeless(body) };
  const { count, next, previous, results } = body;
  const links = { next: next !== null, previous: previous !== null };
  return { status, body: { count, ...links, results: results.map((row) => timeless(row as object)) } };
}

/** A record without instants that only the database knows, and with its others as the wall shows them. */
function timeless(record: object): object {
  const { created_at: _, updated_at: __, created_by: ___, ...rest } = record as Record<string, unknown>;
  // Whom one visit is shown to decides whether they see it: other tests ask that.
  if (rest.patient && typeof rest.patient === 'object' && 'date_of_birth' in rest.patient) {
    const { date_of_birth: ____, ...patient } = rest.patient;
    return { ...rest, patient };
  }
  if (typeof rest.expires_at === 'string') return { ...rest, expires_at: onWallOf(rest.expires_at) };
  return 'offer' in rest ? wishOf(rest as unknown as ShownWish) : rest;
}

interface ShownWish {
  patient: { id: number };
  doctor: { id: number } | null;
  offer: { timeslot: { id: number }; expires_at: string } | null;
}

const wishOf = ({ patient, doctor, offer, ...wish }: ShownWish) => ({
  ...wish,
  patient: patient.id,
  doctor: doctor?.id ?? null,
  offer: offer && { timeslot: offer.timeslot.id, expires_at: onWallOf(offer.expires_at) },
});

/** Tashkent is five hours ahead of UTC all year. */
const onWallOf = (instant: string) =>
  new Date(Date.parse(instant) + 5 * 3_600_000).toISOString().slice(0, 16).replace('T', ' ');
