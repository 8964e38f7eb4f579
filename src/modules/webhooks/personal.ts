/** Endpoints are of nobody; what is sent to them holds people's numbers, and no name. */
export const personal = {
  columns: {
    'webhook_endpoints.created_by':
      'where the clinic’s systems hear of what happens; the audit tells who set it up',
  },
};
