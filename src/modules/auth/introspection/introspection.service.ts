import { type Role, roles } from '../../../core/roles.ts';
import type { Sessions } from '../sessions/sessions.service.ts';
import type { Introspection } from './introspection.schemas.ts';

interface IntrospectionDependencies {
  sessions: Pick<Sessions, 'findLive'>;
  /** The claims of an access token that this service has signed and that has not expired; undefined for any other text. */
  readAccess: (token: string) => Promise<Record<string, unknown> | undefined>;
}

export type Introspecting = ReturnType<typeof createIntrospection>;

/** Says of a token whether it serves (RFC 7662), for services that must know of a sign-out at once. */
export function createIntrospection({ sessions, readAccess }: IntrospectionDependencies) {
  return {
    /**
     * The database is asked about its session each time: what other processes announce may be a moment late. The branches are those of
     * this moment too: a token keeps what its owner was bound to when it was signed.
     */
    async introspect(token: string): Promise<Introspection> {
      const claims = await readAccess(token);
      if (!claims) return { active: false };
      const { sub, role, sid, profile, client_id, iss, aud, jti, iat, exp } = claims;
      const session = Number(sid);
      const isWhole = Number.isInteger(session) && roles.includes(role as Role);
      const live = isWhole ? await sessions.findLive(session) : undefined;
      if (!live) return { active: false };
      const branches = live.branches ?? undefined;
      const said = { sub, role, profile, branches, sid, client_id, iss, aud, jti, iat, exp };
      return { active: true, token_type: 'Bearer', ...said } as Introspection;
    },
  };
}
