export { feedsRoutes } from './feeds.routes.ts';
export { createFeeds } from './feeds.service.ts';
export { personal as feedsPersonal } from './personal.ts';
