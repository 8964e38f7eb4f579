import { hasNoSignIn, type LockedRecord } from '../../core/records.ts';

/** What an account says of its owner; all else of it does not matter here. */
type Account = Omit<LockedRecord, 'id' | 'role' | 'is_active'>;

/**
 * What a record takes over of the duplicate that is merged into it. It keeps its own sign-in. Where it has none it takes the
 * other's, with the contacts that are confirmed there. What it does not say itself, the other says; but no phone or email of
 * the other becomes one by which somebody signs in who did not before.
 */
export function mergedAccount(from: Account, into: Account): Partial<Account> {
  const takesSignIn = hasNoSignIn(into.username) && !hasNoSignIn(from.username);
  const takesPhone = into.phone === null || (takesSignIn && from.phone_verified_at !== null);
  const takesEmail = into.email === null || (takesSignIn && from.email_verified_at !== null);
  return {
    first_name: into.first_name ?? from.first_name,
    last_name: into.last_name ?? from.last_name,
    locale: into.locale ?? from.locale,
    ...(takesSignIn && { username: from.username, password_hash: from.password_hash }),
    ...(takesPhone && {
      phone: from.phone,
      phone_verified_at: takesSignIn ? from.phone_verified_at : null,
      phone_resets_from: takesSignIn ? from.phone_resets_from : null,
      phone_reached_at: from.phone_reached_at ?? from.phone_verified_at,
    }),
    ...(takesEmail && {
      email: from.email,
      email_verified_at: takesSignIn ? from.email_verified_at : null,
      email_resets_from: takesSignIn ? from.email_resets_from : null,
    }),
  };
}
