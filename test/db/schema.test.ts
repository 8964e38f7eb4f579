import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Db } from '../../src/db/client.ts';
import { getTableConfig, type PgTable } from '../../src/db/drizzle.ts';
import * as schema from '../../src/db/schema/index.ts';
import { testDatabase } from '../helpers/database.ts';

/** What the migrations make of an empty database is what the Drizzle schema declares, and the extras named below. */
let db: Db;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ db, close } = await testDatabase());
});
afterAll(() => close());

const tables = (Object.values(schema) as unknown[])
  .filter((value): value is PgTable => typeof value === 'object' && value !== null && 'getSQL' in value)
  .map((table) => getTableConfig(table));

/** Rows of one column named `value`, sorted. */
async function values(text: string, parameters: unknown[] = []): Promise<string[]> {
  const { rows } = await db.$client.query<{ value: string }>(text, parameters);
  return rows.map(({ value }) => value).sort();
}

test('has the tables of the schema and no others', async () => {
  const found = await values("select tablename as value from pg_tables where schemaname = 'public'");
  expect(found).toEqual(tables.map(({ name }) => name).sort());
  expect(found).toHaveLength(57);
});

describe.each(tables)('$name', (table) => {
  test('has the same columns: type, nullability, default, identity', async () => {
    const found = await values(
      `select attname || ' ' || format_type(atttypid, atttypmod)
         || case when attnotnull then ' not null' else '' end
         || case when atthasdef then ' default' else '' end
         || case attidentity when 'a' then ' identity' else '' end as value
       from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped`,
      [table.name],
    );
    const declared = table.columns.map((column) => {
      const type = column.getSQLType().replace(/^time\((\d)\)$/, 'time($1) without time zone');
      return [
        `${column.name} ${type}`,
        (column.notNull || column.primary) && 'not null',
        (column.hasDefault || column.generated) && !column.generatedIdentity && 'default',
        column.generatedIdentity?.type === 'always' && 'identity',
      ]
        .filter(Boolean)
        .join(' ');
    });
    expect(found).toEqual(declared.sort());
  });

  test('has the same primary key', async () => {
    const found = await values(
      `select attname as value from pg_index join pg_attribute on attrelid = indrelid and attnum = any (indkey)
       where indrelid = $1::regclass and indisprimary`,
      [table.name],
    );
    const columns = [
      ...table.columns.filter(({ primary }) => primary),
      ...table.primaryKeys.flatMap((key) => key.columns),
    ];
    expect(found).toEqual(columns.map(({ name }) => name).sort());
  });

  test('has the same indexes: method, uniqueness, keys, whether partial', async () => {
    const found = await values(
      `select c.relname || ' ' || am.amname || case when i.indisunique then ' unique' else '' end
         || ' ' || (select string_agg(coalesce(a.attname, 'expression'), ',' order by k.place)
                    from unnest(i.indkey::int2[]) with ordinality k (attnum, place)
                    left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum and k.attnum > 0)
         || case when i.indpred is not null then ' partial' else '' end as value
       from pg_index i
       join pg_class c on c.oid = i.indexrelid
       join pg_am am on am.oid = c.relam
       where i.indrelid = $1::regclass
         and not exists (select from pg_constraint where conindid = i.indexrelid and contype in ('p', 'x'))`,
      [table.name],
    );
    const declared = table.indexes.map(({ config }) => {
      const keys = config.columns.map((key) => ('name' in key && key.name ? String(key.name) : 'expression'));
      return [config.name, config.method, config.unique && 'unique', keys.join(), config.where && 'partial']
        .filter(Boolean)
        .join(' ');
    });
    expect(found).toEqual(declared.sort());
  });

  test('has the same checks', async () => {
    const found = await values(
      "select conname as value from pg_constraint where conrelid = $1::regclass and contype = 'c'",
      [table.name],
    );
    expect(found).toEqual(table.checks.map(({ name }) => name).sort());
  });

  test('has the same foreign keys: name, target, what a deletion does', async () => {
    const found = await values(
      `select conname || ' -> ' || confrelid::regclass || ' ' || confdeltype::text as value
       from pg_constraint where conrelid = $1::regclass and contype = 'f'`,
      [table.name],
    );
    const actions = { 'no action': 'a', restrict: 'r', cascade: 'c', 'set null': 'n', 'set default': 'd' };
    const declared = table.foreignKeys.map((key) => {
      const target = getTableConfig(key.reference().foreignTable).name;
      return `${key.getName()} -> ${target} ${actions[key.onDelete ?? 'no action']}`;
    });
    expect(found).toEqual(declared.sort());
  });
});

test('has the enums of the schema, value by value', async () => {
  const found = await values(
    `select typname || ' ' || string_agg(enumlabel, ',' order by enumsortorder) as value
     from pg_enum join pg_type on pg_type.oid = enumtypid group by typname`,
  );
  const declared = Object.values(schema).filter((item) => 'enumName' in item);
  expect(found).toEqual(declared.map(({ enumName, enumValues }) => `${enumName} ${enumValues}`).sort());
});

/** What Drizzle cannot declare, as drizzle/*.sql writes it by hand. */
describe('has beside the schema', () => {
  test.each([
    [
      'exclusion constraints',
      "select conname as value from pg_constraint where contype = 'x'",
      [
        'absences_no_overlap',
        'appointments_doctor_no_overlap',
        'appointments_patient_no_overlap',
        'room_uses_no_overlap',
        'timeslots_no_overlap',
        'weekly_hours_no_overlap',
      ],
    ],
    [
      'triggers',
      "select tgrelid::regclass || ' ' || tgname as value from pg_trigger where not tgisinternal",
      [
        'absences absences_note_announced',
        'absences absences_note_taken_back',
        'appointment_events appointment_events_append_only',
        'appointments appointments_booked',
        'appointments appointments_count_version',
        'appointments appointments_doctor_works_moved',
        'appointments appointments_leave_slot',
        'appointments appointments_move_whole',
        'appointments appointments_note_changed',
        'appointments appointments_place',
        'appointments appointments_slots_whole',
        'appointments appointments_status_moves',
        'appointments appointments_take_slot_changed',
        'appointments appointments_use_room_booked',
        'appointments appointments_use_room_changed',
        'appointments appointments_use_room_left',
        'appointments appointments_use_room_shared',
        'audit_entries audit_entries_append_only',
        'audit_entries audit_entries_no_truncate',
        'branches branches_in_use',
        'clinic_settings clinic_settings_tell',
        'doctor_changes doctor_changes_stay',
        'doctor_profiles doctor_profiles_choose_specialization',
        'doctor_profiles doctor_profiles_note_changed',
        'doctor_profiles doctor_profiles_note_gone',
        'doctor_profiles doctor_profiles_note_made',
        'event_epochs event_epochs_name_visits',
        'events events_tell',
        'guardianships guardianships_note_begun',
        'guardianships guardianships_note_ended',
        'holidays holidays_close_day',
        'holidays holidays_note_added',
        'holidays holidays_note_removed',
        'patient_profiles patient_profiles_note',
        'receptionist_branches receptionist_branches_note_given',
        'receptionist_branches receptionist_branches_note_taken',
        'rooms rooms_in_use',
        'rooms rooms_keep_nothing',
        'services services_name_specialization',
        'sessions sessions_tell_ended',
        'specialization_names specialization_names_joined',
        'specializations specializations_keep_names',
        'timeslots timeslots_changed',
        'timeslots timeslots_give_rest_back',
        'timeslots timeslots_keep_holidays',
        'timeslots timeslots_link_changed',
        'timeslots timeslots_never_move',
        'timeslots timeslots_not_in_absence',
        'timeslots timeslots_not_in_visit',
        'timeslots timeslots_not_on_holiday',
        'timeslots timeslots_note_emptied',
        'timeslots timeslots_note_published',
        'timeslots timeslots_note_withdrawn',
        'timeslots timeslots_offer_new',
        'timeslots timeslots_place_is_open',
        'timeslots timeslots_taken_stays',
        'timeslots timeslots_use_room',
        'timeslots timeslots_withdraw_offer',
        'users users_contact_changed',
        'users users_end_feeds',
        'users users_note_changed',
        'users users_note_new',
        'waitlist_entries waitlist_entries_name_specialization',
        'waitlist_entries waitlist_entries_note_joined',
        'waitlist_entries waitlist_entries_note_left',
        'waitlist_offers waitlist_offers_note_made',
        'waitlist_offers waitlist_offers_note_over',
        'waitlist_offers waitlist_offers_tell_made',
        'waitlist_offers waitlist_offers_tell_over',
      ],
    ],
    [
      'functions',
      `select proname as value from pg_proc p where pronamespace = 'public'::regnamespace
         and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')`,
      [
        'absences_note',
        'appointment_events_append_only',
        'appointments_booked',
        'appointments_count_version',
        'appointments_doctor_works',
        'appointments_keep_room',
        'appointments_leave_slot',
        'appointments_move_whole',
        'appointments_note_changed',
        'appointments_place',
        'appointments_slots_whole',
        'appointments_status_moves',
        'appointments_take_slot',
        'appointments_use_room',
        'audit_entries_append_only',
        'branches_in_use',
        'clinic_settings_tell',
        'disguise',
        'doctor_changed',
        'doctor_changes_stay',
        'doctor_profiles_choose_specialization',
        'doctor_profiles_note',
        'event_cluster',
        'event_epoch_begin',
        'event_epochs_name_visits',
        'event_history',
        'event_is_quiet',
        'events_from',
        'events_tell',
        'events_unread',
        'guardianships_note',
        'holidays_close_day',
        'holidays_note',
        'name_order',
        'patient_profiles_note',
        'patients_found',
        'queue_job',
        'receptionist_branches_note',
        'room_is_kept',
        'room_use',
        'rooms_in_use',
        'rooms_keep_nothing',
        'search_fold',
        'search_pattern',
        'search_plain',
        'search_plain_pattern',
        'search_text',
        'sessions_tell_ended',
        'slots_between',
        'slots_for_visit',
        'specialization_as_listed',
        'specialization_fold',
        'specialization_name',
        'specialization_names_joined',
        'specializations_keep_names',
        'timeslot_is_open_to',
        'timeslot_leave',
        'timeslot_take',
        'timeslots_changed',
        'timeslots_give_rest_back',
        'timeslots_keep_holidays',
        'timeslots_keep_rooms',
        'timeslots_keep_rooms',
        'timeslots_link',
        'timeslots_link_changed',
        'timeslots_never_move',
        'timeslots_not_in_absence',
        'timeslots_not_in_visit',
        'timeslots_not_on_holiday',
        'timeslots_note_days',
        'timeslots_note_emptied',
        'timeslots_offer_new',
        'timeslots_place_is_open',
        'timeslots_taken_stays',
        'timeslots_use_room',
        'timeslots_withdraw_offer',
        'users_contact_changed',
        'users_end_feeds',
        'users_note_changed',
        'users_note_new',
        'visits_over',
        'waitlist_claim',
        'waitlist_entries_note_joined',
        'waitlist_entries_note_left',
        'waitlist_offers_note_made',
        'waitlist_offers_note_over',
        'waitlist_offers_tell',
        'waitlist_tell',
        'waitlist_wants',
        'waitlist_wants',
        'waitlist_wants',
        'with_trace',
      ],
    ],
    ['extensions', 'select extname as value from pg_extension', ['btree_gist', 'pg_trgm', 'plpgsql']],
    [
      'views',
      "select viewname as value from pg_views where schemaname = 'public'",
      ['appointment_happened', 'doctor_changes'],
    ],
  ])('%s, and nothing else', async (_, text, expected) => {
    expect(await values(text)).toEqual(expected);
  });
});

describe('search functions', () => {
  test.each([
    ['search_fold', "Oʻ Oʼ O‘ O’ O` O´ O'", 'o o o o o o o'],
    ['search_fold', 'ШАҲНОЗА ÀÉ', 'shahnoza ae'],
    ['search_plain', "Oʻ Oʼ O‘ O’ O` O´ O'", 'o o o o o o o'],
    ['search_plain', 'ШАҲНОЗА ÀÉ', 'шаҳноза àé'],
    ['search_text', 'Ўткир', 'ўткир\notkir'],
    ['search_text', '', '\n'],
    ['search_pattern', '100%_\\', '%100\\%\\_\\\\%'],
    ['search_plain_pattern', '100%_\\', '%100\\%\\_\\\\%'],
  ])('%s(%j)', async (name, input, expected) => {
    expect(await values(`select ${name}($1) as value`, [input])).toEqual([expected]);
  });
});
