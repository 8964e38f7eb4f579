import { type Clinic, change, type Person } from './clinic.ts';
import { isAdult } from './people.ts';
import { type Act, done, type Step } from './requests.ts';
import { later, todayOf } from './rules.ts';

/** How whoever was registered at the desk gets a sign-in of their own. */

const CODE_MINUTES = 5;
const TRIES_MAX = 5;

/** Those who could have a record with this phone for their own: of age, or of an age that nobody knows, without a sign-in. */
export const claimable = (clinic: Clinic, phone: string): Person[] =>
  clinic.people
    .filter((one) => one.role === 'patient' && one.is_active && !one.has_sign_in && one.phone === phone)
    .filter(({ born }) => born === null || isAdult(born, todayOf(clinic)))
    .toSorted((a, b) => a.id - b.id);

/** Whether a code is sent, no answer tells. It ends the one before it. */
export function sendCode(clinic: Clinic, { holder, code }: Act<'send code'>): Step {
  const sent = { status: 202, body: { expires_in: CODE_MINUTES * 60, resend_in: 60 } };
  if (holder === undefined) return { expected: sent, next: clinic };
  const others = clinic.codes.filter(({ person }) => person !== holder);
  const made = { person: holder, code, expires_at: later(clinic.now, CODE_MINUTES), tries: 0 };
  return { expected: sent, next: { ...clinic, codes: [...others, made] } };
}

/** Whose record it is, by the birthday that is said: of twins nobody's; where none is known, only what no other shares. */
function ownerOf(clinic: Clinic, records: readonly Person[], said: string | undefined): Person | undefined {
  const fitting = records.filter(({ born }) => born !== null && born === said);
  if (fitting.length > 0) return fitting.length === 1 ? fitting[0] : undefined;
  const isChild = said !== undefined && !isAdult(said, todayOf(clinic));
  return records.length === 1 && records[0]?.born === null && !isChild ? records[0] : undefined;
}

/** A code that was right is used up, whatever is said with it; one that is tried wrongly too often is over, too. */
export function claim(clinic: Clinic, { phone, code, date_of_birth: said }: Act<'claim'>): Step {
  const records = claimable(clinic, phone);
  // Of records that share a phone, the first keeps the code for all.
  const kept = clinic.codes.find(
    ({ person, expires_at }) => person === records[0]?.id && expires_at > clinic.now,
  );
  const isRight = kept?.code === code;
  const codes = clinic.codes.flatMap((one) => {
    if (one !== kept) return [one];
    return isRight || one.tries + 1 === TRIES_MAX ? [] : [{ ...one, tries: one.tries + 1 }];
  });
  const tried = { ...clinic, codes };
  const record = isRight ? ownerOf(clinic, records, said) : undefined;
  if (!record) return { expected: { status: 400, code: 'invalid_code' }, next: tried };
  // Nobody else of the family signs in by it.
  const signs_in_by_phone = clinic.people.every((one) => one.phone !== phone || !one.signs_in_by_phone);
  const born = record.born ?? said ?? null;
  const people = change(clinic.people, record.id, { has_sign_in: true, born, signs_in_by_phone });
  return done({ ...tried, people });
}
