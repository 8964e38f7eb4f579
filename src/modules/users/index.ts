export type { Account, LockedAccount, ResetsFrom } from './accounts.repository.ts';
export { insertWithoutSignIn, setContact } from './accounts.service.ts';
export { personal as usersPersonal } from './personal.ts';
export { type User, user } from './user.schemas.ts';
export { usersRoutes } from './users.routes.ts';
export { registration, userInputs } from './users.schemas.ts';
export type { Users } from './users.service.ts';
export { createUsers } from './users.service.ts';
