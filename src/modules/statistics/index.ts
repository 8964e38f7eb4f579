export { statisticsRoutes } from './statistics.routes.ts';
export { createStatistics } from './statistics.service.ts';
