/**
 * Where a visit in the branch `b` is, as its people are told. The branch is named where they could go to another one: one that
 * has closed may still have visits.
 */
export const PLACE = `json_build_object('address', b.address, 'phone', b.phone,
  'branch', case when exists (select from branches other where other.is_active and other.id <> b.id) then b.name end)`;

/**
 * In which branch a slot is, or was when its day, its room or its branch was closed and it went with them. Of one that was
 * withdrawn nothing is known.
 */
export const SLOT_PLACES = `(
  select id, branch_id from timeslots union all select timeslot_id, branch_id from closed_timeslots)`;
