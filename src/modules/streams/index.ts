export { personal as streamsPersonal } from './personal.ts';
export { streamsRoutes } from './streams.routes.ts';
export { createStreams } from './streams.service.ts';
