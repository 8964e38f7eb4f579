/** A key is a program's. Who made it and who revoked it, the audit tells. */
export const personal = {
  columns: {
    'api_keys.user_id': 'the service user of a key, who is nobody',
    'api_keys.created_by': 'the audit tells who made a key',
    'api_keys.revoked_by': 'the audit tells who revoked it',
  },
};
