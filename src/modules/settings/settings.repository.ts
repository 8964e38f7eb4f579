import type { Executor, Tx } from '../../db/client.ts';
import { sql } from '../../db/drizzle.ts';
import { clinicSettings } from '../../db/schema/index.ts';
import { query, statement } from '../../db/sql.ts';
import type { PolicyChanges } from './settings.schemas.ts';

const fields = {
  min_notice_minutes: clinicSettings.min_notice_minutes,
  horizon_days: clinicSettings.horizon_days,
  cancel_deadline_minutes: clinicSettings.cancel_deadline_minutes,
  late_cancellation: clinicSettings.late_cancellation,
  active_appointments_max: clinicSettings.active_appointments_max,
  hold_minutes: clinicSettings.hold_minutes,
  offer_minutes: clinicSettings.offer_minutes,
  auto_confirm: clinicSettings.auto_confirm,
  service_required: clinicSettings.service_required,
  move_between_doctors: clinicSettings.move_between_doctors,
};

const find = statement('settings.find', () => query.select(fields).from(clinicSettings));

/** The one row, undefined where nobody has made it yet. */
export async function findSettings(db: Executor) {
  const [row] = await find(db);
  return row;
}

/** Keeps the row, which it makes where there is none, from every other change. */
export async function lockSettings(tx: Tx): Promise<void> {
  await tx
    .insert(clinicSettings)
    .values({ id: 1 })
    .onConflictDoUpdate({ target: clinicSettings.id, set: { id: 1 } });
}

/** Null takes the column's default again: of some that is a value, of others null, from which the setting follows. */
const stored = (changes: PolicyChanges) =>
  Object.fromEntries(
    Object.entries(changes)
      .filter(([, value]) => value !== undefined)
      .map(([field, value]) => [field, value ?? sql`default`]),
  );

/** Changes the row, or makes it. */
export async function saveSettings(
  tx: Tx,
  changes: PolicyChanges,
  { by, now }: { by: number; now: Date },
): Promise<void> {
  const set = { ...stored(changes), updated_at: now.toISOString(), updated_by: by };
  await tx
    .insert(clinicSettings)
    .values({ id: 1, ...set })
    .onConflictDoUpdate({ target: clinicSettings.id, set });
}
