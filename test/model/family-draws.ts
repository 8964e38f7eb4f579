import type { Clinic } from './clinic.ts';
import type { Draw, Kinds } from './commands.ts';
import { guardiansOf, isGuardian, STAFF } from './people.ts';
import { guardiansWhoAsk, idsOf, NOBODY, registered, somebody } from './picking.ts';
import type { Request } from './requests.ts';
import { pick } from './times.ts';

/** What is drawn of families, and of patients at the desk. */

/** A number that nobody has in another run. */
const phoneOf = ({ people }: Clinic, { time }: Draw) =>
  `+99890${String((people[0]?.id ?? 0) * 10 + (time % 3)).padStart(7, '0')}`;

/** A child, one who comes of age within the days of the clinic, and an adult. */
const born = ({ other }: Draw) => pick(['2015-05-05', '2008-03-03', '2008-03-03', '1990-05-17'], other);

/** A child, mostly, and somebody who looks after them. */
function childOf(clinic: Clinic, draw: Draw) {
  const children = clinic.people.filter(({ id }) => guardiansOf(clinic, id).length > 0);
  const child = children.length > 0 ? pick(children, draw.which).id : NOBODY;
  const guardians = child === NOBODY ? [] : guardiansWhoAsk(clinic, child);
  const by =
    draw.flag && guardians.length > 0 ? pick(guardians, draw.time) : somebody(clinic, draw, 'patient').id;
  // Nobody asks for a child whom there never was.
  return child === NOBODY ? undefined : { by, dependant: child };
}

function adding(clinic: Clinic, draw: Draw): Request {
  const by = somebody(clinic, draw, 'patient').id;
  const names = { first_name: 'kid', last_name: `of ${by}` };
  const said = { date_of_birth: born(draw), gender: 'other', relationship: 'parent' } as const;
  return { do: 'add dependant', by, ...names, ...said };
}

function inviting(clinic: Clinic, draw: Draw): Request {
  const child = childOf(clinic, draw);
  return child ? { do: 'invite', ...child } : adding(clinic, draw);
}

export const familyDraws = {
  register(clinic, draw) {
    const here = registered(clinic);
    // Few at a time, that they are met again.
    if (here.length > 2)
      return {
        do: 'merge',
        by: idsOf(clinic, 'admin')[0] ?? NOBODY,
        patient: here[0] ?? NOBODY,
        into: here[1] ?? NOBODY,
      };
    const names = { first_name: 'Newcomer', last_name: `Of the desk ${draw.which}` };
    const anyway = draw.flag ? { confirm_new: true } : {};
    return {
      do: 'register',
      by: somebody(clinic, draw, ...STAFF).id,
      ...names,
      phone: phoneOf(clinic, draw),
      ...anyway,
    };
  },
  correct(clinic, draw) {
    const unknown = registered(clinic);
    const patient = pick(unknown.length > 0 && draw.flag ? unknown : idsOf(clinic, 'patient'), draw.which);
    return { do: 'correct', by: somebody(clinic, draw, ...STAFF).id, patient, date_of_birth: born(draw) };
  },
  merge(clinic, draw) {
    const all = idsOf(clinic, 'patient');
    const patient = pick(
      registered(clinic)
        .concat(draw.what === 0 ? all : [])
        .concat(NOBODY),
      draw.which,
    );
    return { do: 'merge', by: somebody(clinic, draw, 'admin').id, patient, into: pick(all, draw.time) };
  },
  tie(clinic, draw) {
    const children = clinic.people.filter(
      ({ role, born: day }) => role === 'patient' && day !== null && day > '2008',
    );
    const patient = pick(
      draw.flag && children.length > 0 ? children.map(({ id }) => id) : idsOf(clinic, 'patient'),
      draw.which,
    );
    const guardian = pick(idsOf(clinic, 'patient'), draw.time);
    return { do: 'tie', by: somebody(clinic, draw, ...STAFF).id, patient, guardian };
  },
  'add dependant': adding,
  'let go'(clinic, draw) {
    const child = childOf(clinic, draw);
    return child ? { do: 'let go', ...child } : adding(clinic, draw);
  },
  invite: inviting,
  'join family'(clinic, draw) {
    const by = somebody(clinic, draw, 'patient').id;
    // Wrong codes are counted, and other tests try them.
    const good = clinic.invitations.findLast(
      ({ by: maker, dependant, used_by, expires_at }) =>
        dependant !== by &&
        // Whoever has joined may ask again.
        (isGuardian(clinic, by, dependant) ||
          (used_by === null && expires_at > clinic.now && isGuardian(clinic, maker, dependant))),
    );
    return good ? { do: 'join family', by, code: good.code } : inviting(clinic, draw);
  },
} satisfies Partial<Kinds>;
