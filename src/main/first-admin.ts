import type { Config } from '../config.ts';
import { createClock } from '../core/clock.ts';
import type { Db } from '../db/client.ts';
import { asAppError } from '../db/errors.ts';
import { fieldErrors } from '../http/zod.ts';
import { errorText, fieldText } from '../i18n/index.ts';
import { userInputs } from '../modules/users/index.ts';
import { createModules } from '../modules.ts';

/** A refusal that a person at a terminal can act on. */
export class AdminError extends Error {}

interface AdminAccount {
  username: string;
  password: string;
  first_name?: string | undefined;
  last_name?: string | undefined;
}

/**
 * Makes an admin, by the rules of POST /api/users/.
 * @throws AdminError that says what is wrong with the name or the password
 */
export async function createAdmin(db: Db, config: Config, account: AdminAccount): Promise<void> {
  const inputs = userInputs(config.phone_country);
  const parsed = inputs.create.safeParse({ ...account, role: 'admin' }, { reportInput: true });
  if (!parsed.success) {
    const wrong = fieldErrors(parsed.error).map(
      ({ path, code, params }) => `${path}: ${fieldText('en', code, params)}`,
    );
    throw new AdminError(wrong.join(' '));
  }
  const { users } = createModules({ db, clock: createClock(config.timezone), config });
  try {
    await users.create(parsed.data);
  } catch (error) {
    if (asAppError(error)?.code === 'username_taken')
      throw new AdminError(errorText('en', 'username_taken').detail);
    throw error;
  }
}

/**
 * The admin of ADMIN_USERNAME and ADMIN_PASSWORD, while there is no admin at all. One process at a time (db/migrate,
 * oneAtATime): between the look and the insert a password is hashed.
 */
export async function createFirstAdmin(db: Db, config: Config): Promise<void> {
  if (!config.first_admin) return;
  const { users } = createModules({ db, clock: createClock(config.timezone), config });
  if (!(await users.hasUsers('admin'))) await createAdmin(db, config, config.first_admin);
}
