import { clientOf, type Db } from '../../../db/client.ts';

interface NewStart {
  state_hash: Buffer;
  provider: string;
  redirect_uri: string;
  client_state: string | null;
  code_challenge: string;
  accept_terms: boolean;
  user_id: number | null;
  session_id: number | null;
  expires_at: Date;
}

/** A sign-in on its way. */
export interface Start extends Omit<NewStart, 'state_hash' | 'expires_at'> {
  expires_at: string;
}

const START =
  'provider, redirect_uri, client_state, code_challenge, accept_terms, user_id, session_id, expires_at';

export async function insertStart(db: Db, start: NewStart): Promise<void> {
  const { state_hash, provider, redirect_uri, client_state, code_challenge } = start;
  const { accept_terms, user_id, session_id, expires_at } = start;
  await clientOf(db).query({
    name: 'sign-in-starts.insert',
    text: `insert into sign_in_starts (state_hash, ${START}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    values: [
      state_hash,
      provider,
      redirect_uri,
      client_state,
      code_challenge,
      accept_terms,
      user_id,
      session_id,
      expires_at,
    ],
  });
}

/** Takes the one answer that a sign-in gets, be it late. @returns undefined where there is none, or it has had its answer */
export async function takeAnswer(db: Db, state_hash: Buffer, now: Date): Promise<Start | undefined> {
  const { rows } = await clientOf(db).query<Start>({
    name: 'sign-in-starts.answer',
    text: `
      update sign_in_starts set answered_at = $2 where state_hash = $1 and answered_at is null
      returning ${START}`,
    values: [state_hash, now],
  });
  return rows[0];
}

/** Keeps what was learned for whoever brings the code. */
export async function keepClaims(
  db: Db,
  state_hash: Buffer,
  { code_hash, claims, expires_at }: { code_hash: Buffer; claims: string; expires_at: Date },
): Promise<void> {
  await clientOf(db).query({
    name: 'sign-in-starts.keep',
    text: 'update sign_in_starts set code_hash = $2, claims = $3, expires_at = $4 where state_hash = $1',
    values: [state_hash, code_hash, claims, expires_at],
  });
}

/** Spends a code, be it late. @returns undefined where nobody has it */
export async function takeCode(db: Db, code_hash: Buffer): Promise<(Start & { claims: string }) | undefined> {
  const { rows } = await clientOf(db).query<Start & { claims: string }>({
    name: 'sign-in-starts.spend',
    text: `delete from sign_in_starts where code_hash = $1 returning ${START}, claims`,
    values: [code_hash],
  });
  return rows[0];
}

/** Spends a token that an app has sent. @returns false where it was spent before */
export async function spendIdToken(db: Db, token_hash: Buffer, expires_at: Date): Promise<boolean> {
  const { rowCount } = await clientOf(db).query({
    name: 'spent-id-tokens.insert',
    text: 'insert into spent_id_tokens (token_hash, expires_at) values ($1, $2) on conflict do nothing',
    values: [token_hash, expires_at],
  });
  return rowCount === 1;
}
