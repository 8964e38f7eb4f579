export { aboutRoutes } from './about/about.routes.ts';
export { createAbout } from './about/about.service.ts';
