export { usersRoutes } from './users.routes.ts';
export type { NewUser, User } from './users.schemas.ts';
export { registration, user, userInputs } from './users.schemas.ts';
export type { Users } from './users.service.ts';
export { createUsers } from './users.service.ts';
