/** The clinic's policy is about nobody. */
export const personal = {
  columns: {
    'clinic_settings.updated_by': 'the clinic’s policy is about nobody; the audit tells who changed it',
  },
};
