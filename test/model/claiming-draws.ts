import { claimable } from './claiming.ts';
import type { Clinic } from './clinic.ts';
import type { Draw, Kinds } from './commands.ts';
import { idsOf, NOBODY, registered } from './picking.ts';
import type { Request } from './requests.ts';
import { pick } from './times.ts';

/** What is drawn of records that their owners claim. */

const RIGHT = '402915';
const WRONG = '402916';

/** For a record that the desk has made, mostly; also where it is a child's, or somebody signs in with it by now. */
function sending(clinic: Clinic, { which, what }: Draw): Request {
  const [by = NOBODY] = idsOf(clinic, 'admin');
  const known = clinic.people.filter(({ phone }) => phone !== null);
  const here = known.filter(({ id }) => registered(clinic).includes(id));
  const people = here.length > 0 && what > 0 ? here : known;
  const phone = people.length > 0 ? pick(people, which).phone : null;
  const [holder] = phone === null ? [] : claimable(clinic, phone);
  const to = { phone: phone ?? '+998900000000', ...(holder && { holder: holder.id }) };
  return { do: 'send code', by, code: RIGHT, ...to };
}

export const claimingDraws = {
  'send code': sending,
  claim(clinic, draw) {
    const [by = NOBODY] = idsOf(clinic, 'admin');
    const kept = clinic.codes.findLast(
      ({ expires_at }) => expires_at > clinic.now || (draw.flag && draw.time % 4 === 0),
    );
    const phone = clinic.people.find(({ id }) => id === kept?.person)?.phone;
    if (!phone) return sending(clinic, draw);
    // Whoever shares the phone says their own birthday.
    const { born } = pick(
      clinic.people.filter((one) => one.phone === phone),
      draw.which,
    );
    const said = pick([born, born, born ?? '1990-05-17', born, '1971-08-09', null], draw.time);
    const birthday = said === null ? {} : { date_of_birth: said };
    return { do: 'claim', by, phone, code: draw.other < 9 ? RIGHT : WRONG, ...birthday };
  },
} satisfies Partial<Kinds>;
