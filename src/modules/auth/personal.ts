import { z } from 'zod';
import { demo } from '../../core/demo.ts';
import { batch, inBatches } from '../../db/batches.ts';
import type { Db, Tx } from '../../db/client.ts';
import { and, eq, gt, sql } from '../../db/drizzle.ts';
import { codes, contactChanges, identities, passkeys, sessions, twoStep } from '../../db/schema/index.ts';
import * as fields from '../../http/fields.ts';
import { AT, listOf, text } from '../../http/personal.ts';
import { RECOVERY_CODES } from './two-step/two-step.rules.ts';

const instant = fields.out.instant;

/** A person sees their own past sign-ins for this long, and knows a device again by them. */
const SESSION_DAYS = 90;
/** Codes are counted by the hour; a day leaves room for clocks that differ. */
const CODE_DAYS = 1;
const THROTTLE_DAYS = 1;
/** An expired link still says for a while that it has expired, not that it never was. */
const LINK_DAYS = 7;

/** Sign-ins, codes and changed contacts. Of tokens and codes only hashes are kept, which the document does not show. */
export const personal = {
  columns: {
    'codes.user_id': 'codes',
    'identities.user_id': 'identities',
    'passkeys.user_id': 'passkeys',
    'passkey_challenges.user_id': 'of which hashes alone are kept, for five minutes',
    'sign_in_starts.user_id': 'a sign-in on its way, of ten minutes at most',
    'contact_changes.user_id': 'contact_changes',
    'recovery_codes.user_id': 'two_step',
    'sessions.user_id': 'sessions',
    'sign_in_tickets.user_id': 'of which hashes alone are kept, for five minutes',
    'two_step.user_id': 'two_step',
  },
  parts: {
    identities: {
      shape: listOf(
        z.object({
          provider: text(20),
          issuer: text(500),
          subject: text(255),
          linked_at: instant,
          last_used_at: instant,
        }),
        'Accounts elsewhere by which I sign in, as their provider names them.',
      ),
      list: (db: Db, person: number) =>
        db
          .select({
            provider: identities.provider,
            issuer: identities.issuer,
            subject: identities.subject,
            linked_at: identities.linked_at,
            last_used_at: identities.last_used_at,
          })
          .from(identities)
          .where(eq(identities.user_id, person))
          .orderBy(identities.id),
    },
    contact_changes: {
      shape: listOf(
        z.object({
          contact: z.enum(['phone', 'email']),
          old_value: text(254).nullable(),
          changed_at: instant,
          expires_at: instant,
          ended_at: instant.nullable(),
        }),
        'Confirmed contacts that were replaced of late, or to which others were added, and until when that can be taken back.',
      ),
      /** While a change can be taken back, and a week more. */
      list: (db: Db, person: number) =>
        db
          .select({
            contact: contactChanges.contact,
            old_value: contactChanges.old_value,
            changed_at: contactChanges.changed_at,
            expires_at: contactChanges.expires_at,
            ended_at: contactChanges.ended_at,
          })
          .from(contactChanges)
          .where(eq(contactChanges.user_id, person))
          .orderBy(contactChanges.id),
    },
    sessions: {
      shape: listOf(
        z.object({
          id: fields.id,
          created_at: instant,
          last_used_at: instant,
          device: text(500).nullable(),
          address: text(100).nullable(),
          ended_at: instant.nullable(),
        }),
        'Sign-ins, with device and address.',
      ),
      example: [
        {
          id: demo.session.id,
          created_at: AT,
          last_used_at: AT,
          device: 'ClinicApp/2.1 (Android 16)',
          address: '203.0.113.7',
          ended_at: null,
        },
      ],
      pages: (db: Db, person: number, after: number, limit: number) =>
        db
          .select({
            id: sessions.id,
            created_at: sessions.created_at,
            last_used_at: sessions.last_used_at,
            device: sessions.device,
            address: sessions.address,
            ended_at: sessions.ended_at,
          })
          .from(sessions)
          .where(and(eq(sessions.user_id, person), gt(sessions.id, after)))
          .orderBy(sessions.id)
          .limit(limit),
    },
    two_step: {
      shape: listOf(
        z.object({
          since: instant.nullable(),
          recovery_codes_left: z.int().meta({ minimum: 0, maximum: RECOVERY_CODES }),
        }),
        'Since when signing in asks for a code of an app; its secret is kept encrypted, recovery codes as hashes only.',
      ),
      list: (db: Db, person: number) =>
        db
          .select({
            since: twoStep.confirmed_at,
            recovery_codes_left: sql<number>`(select count(*)::int from recovery_codes
              where recovery_codes.user_id = two_step.user_id and used_at is null)`,
          })
          .from(twoStep)
          .where(eq(twoStep.user_id, person)),
    },
    passkeys: {
      shape: listOf(
        z.object({
          name: text(50),
          is_backed_up: z.boolean(),
          created_at: instant,
          last_used_at: instant.nullable(),
        }),
        'Passkeys by which I sign in: of each the public key is kept, which lets nobody in.',
      ),
      list: (db: Db, person: number) =>
        db
          .select({
            name: passkeys.name,
            is_backed_up: passkeys.is_backed_up,
            created_at: passkeys.created_at,
            last_used_at: passkeys.last_used_at,
          })
          .from(passkeys)
          .where(eq(passkeys.user_id, person))
          .orderBy(passkeys.id),
    },
    codes: {
      shape: listOf(
        z.object({
          id: fields.id,
          purpose: text(20),
          destination: text(254),
          address: text(100).nullable(),
          tries: z.int().meta({ minimum: 0, maximum: 5 }),
          created_at: instant,
          expires_at: instant,
          ended_at: instant.nullable(),
        }),
        'Codes that were sent of late; the codes themselves are kept as hashes only.',
      ),
      pages: (db: Db, person: number, after: number, limit: number) =>
        db
          .select({
            id: codes.id,
            purpose: codes.purpose,
            destination: codes.destination,
            address: codes.address,
            tries: codes.tries,
            created_at: codes.created_at,
            expires_at: codes.expires_at,
            ended_at: codes.ended_at,
          })
          .from(codes)
          .where(and(eq(codes.user_id, person), gt(codes.id, after)))
          .orderBy(codes.id)
          .limit(limit),
    },
  },

  /**
   * That there were sessions is kept. That codes were sent is kept until tomorrow's sweep, with an address that nobody can
   * read any more: else whoever erases themself would lift the limits of sending.
   */
  erase: (person: number, key: string) => ({
    tokens: sql`delete from refresh_tokens t using sessions s where s.user_id = ${person} and t.session_id = s.id`,
    devices: sql`update sessions set device = null, address = null where user_id = ${person}`,
    sent_codes: sql`
      update codes set destination = disguise(destination, ${key}), address = disguise(address, ${key}),
        ended_at = coalesce(ended_at, now())
      where user_id = ${person}`,
    contact_changes: sql`delete from contact_changes where user_id = ${person}`,
    tickets: sql`delete from sign_in_tickets where user_id = ${person}`,
    recovery_codes: sql`delete from recovery_codes where user_id = ${person}`,
    two_step: sql`delete from two_step where user_id = ${person}`,
    identities: sql`delete from identities where user_id = ${person}`,
    passkeys: sql`delete from passkeys where user_id = ${person}`,
    passkey_challenges: sql`delete from passkey_challenges where user_id = ${person}`,
    sign_in_starts: sql`delete from sign_in_starts where user_id = ${person}`,
  }),

  /**
   * A record keeps its own ways in, and takes the other's where it has none, with what takes back who changed its contacts. The
   * second step is encrypted for its record: it moves in a way of its own (two-step.service).
   */
  async merge(tx: Tx, { from, into, takesSignIn }: { from: number; into: number; takesSignIn: boolean }) {
    if (!takesSignIn) return;
    await tx.execute(sql`update identities set user_id = ${into} where user_id = ${from}`);
    await tx.execute(sql`update passkeys set user_id = ${into} where user_id = ${from}`);
    await tx.execute(sql`update contact_changes set user_id = ${into} where user_id = ${from}`);
  },

  async sweep(db: Db, { now, daysAgo }: { now: Date; daysAgo: (days: number) => Date }): Promise<void> {
    const present = now.toISOString();
    const before = (days: number) => daysAgo(days).toISOString();
    // In this order: what has lost its last token is ended first, and goes some days later.
    const statements = [
      // Spent ones too: a token that has expired is refused whether or not it is known.
      sql`delete from refresh_tokens where token_hash in (
        select token_hash from refresh_tokens where expires_at <= ${present} ${batch})`,
      // A session without a token that still serves is over, though nobody has signed out.
      sql`update sessions set ended_at = ${present} where id in (
        select id from sessions s
        where ended_at is null and not exists (
          select from refresh_tokens t where t.session_id = s.id and t.expires_at > ${present}) ${batch})`,
      sql`delete from sessions where id in (
        select id from sessions where ended_at <= ${before(SESSION_DAYS)} ${batch})`,
      sql`delete from codes where id in (
        select id from codes where expires_at <= ${before(CODE_DAYS)} ${batch})`,
      sql`delete from sign_in_tickets where token_hash in (
        select token_hash from sign_in_tickets where expires_at <= ${present} ${batch})`,
      sql`delete from login_throttles where key in (
        select key from login_throttles
        where last_failed_at <= ${before(THROTTLE_DAYS)} and blocked_until <= ${present} ${batch})`,
      sql`delete from sign_in_starts where state_hash in (
        select state_hash from sign_in_starts where expires_at <= ${present} ${batch})`,
      sql`delete from spent_id_tokens where token_hash in (
        select token_hash from spent_id_tokens where expires_at <= ${present} ${batch})`,
      sql`delete from passkey_challenges where challenge_hash in (
        select challenge_hash from passkey_challenges where expires_at <= ${present} ${batch})`,
      // The old phone or email is of no use once it cannot be put back.
      sql`delete from contact_changes where id in (
        select id from contact_changes where expires_at <= ${before(LINK_DAYS)} ${batch})`,
    ];
    for (const statement of statements) await inBatches(db, statement);
  },
};
