import type { Role } from './roles.ts';
import type { Locale } from './words.ts';

/** What is said of a patient beside their profile; what is left out stays. */
export interface RecordFields {
  first_name?: string | null | undefined;
  last_name?: string | null | undefined;
  phone?: string | null | undefined;
  email?: string | null | undefined;
  locale?: Locale | null | undefined;
}

/** Whether a user name stands for none: a patient whom the desk or a guardian registered. */
export const hasNoSignIn = (username: string): boolean => username.startsWith('~');

/** What stands of a patient, whether or not they can sign in. */
export interface LockedRecord {
  id: number;
  role: Role;
  is_active: boolean;
  username: string;
  /** Null where they cannot sign in, or sign in by other means. */
  password_hash: string | null;
  first_name: string | null;
  last_name: string | null;
  locale: Locale | null;
  phone: string | null;
  phone_verified_at: string | null;
  phone_reached_at: string | null;
  phone_resets_from: string | null;
  email: string | null;
  email_verified_at: string | null;
  email_resets_from: string | null;
}
