import { AppError } from '../../core/errors.ts';
import type { Caller } from '../../core/roles.ts';
import { createExport, type ExportDependencies } from './export.service.ts';

interface PrivacyDependencies extends ExportDependencies {
  users: { erase: (user: number, by: Caller) => Promise<void> };
  /** @throws AppError invalid_input (required, wrong_password), too_many_requests, sign_in_again */
  passwords: { confirm: (caller: Caller, password: string | undefined) => Promise<void> };
}

export type Privacy = ReturnType<typeof createPrivacy>;

export function createPrivacy({ users, passwords, ...dependencies }: PrivacyDependencies) {
  return {
    ...createExport(dependencies),

    /**
     * Erases whoever asks, for good. The password is asked once more: a borrowed phone or a stolen token must not do it.
     * @throws AppError invalid_input (required, wrong_password), last_admin, sign_in_again
     */
    async eraseMe(caller: Caller, password: string | undefined): Promise<void> {
      await passwords.confirm(caller, password);
      await users.erase(caller.id, caller);
    },

    /**
     * An admin erases somebody else for good, with their own password: one stolen token must not empty the clinic.
     * @throws AppError not_oneself, invalid_input (wrong_password), too_many_requests, user_not_found, last_admin
     */
    async eraseOther(user: number, caller: Caller, password: string): Promise<void> {
      if (user === caller.id) throw new AppError('not_oneself');
      await passwords.confirm(caller, password);
      await users.erase(user, caller);
    },
  };
}
