import type { Arena } from '../helpers/races.ts';
import type { Branch, Given, Room, Service } from './clinic.ts';

/** What the clinic has beside its people: where they work, and what they give. */

const PLAIN = { price: null, room_kind: null, min_age: null, max_age: null, new_patients: null };

const SERVICES: readonly Omit<Service, 'id' | 'is_active'>[] = [
  { ...PLAIN, name: 'talk', minutes: 30, price: 100_00 },
  { ...PLAIN, name: 'operation', minutes: 90, price: 900_00 },
  { ...PLAIN, name: 'scan', minutes: 60, room_kind: 'lab' },
  { ...PLAIN, name: 'scan of a child', minutes: 30, room_kind: 'lab', max_age: 17 },
  { ...PLAIN, name: 'first visit', minutes: 30, new_patients: true },
  { ...PLAIN, name: 'control', minutes: 30, new_patients: false, min_age: 18 },
];

/**
 * What a doctor gives, by their place among the others: the first gives everything, the second some of it and an operation in
 * less time, the third nothing.
 */
export function usuallyGiven(services: readonly Service[], doctor: number, place: number): Given[] {
  const [talk, operation] = services;
  const own = (service: Service) => ({ doctor, service: service.id, minutes: null });
  if (place === 0)
    return services.map((service) => ({ ...own(service), ...(service === talk && { price: null }) }));
  if (place > 1) return [];
  return services
    .slice(1, 4)
    .map((service) =>
      service === operation ? { ...own(service), minutes: 60, price: 500_00 } : own(service),
    );
}

/** A second branch. */
export async function furnish({ db }: Arena): Promise<void> {
  await db.$client.query("insert into branches (name) values ('Second')");
}

/** A room is named after whom it is made for: nothing of earlier runs hangs on it. */
export const roomName = (name: string, owner: number) => `${name} of ${owner}`;

/** Rooms in both branches; those of earlier runs are closed. */
export async function giveRooms(
  { db }: Arena,
  owner: number,
): Promise<{ branches: Branch[]; rooms: Room[] }> {
  await db.$client.query('update rooms set is_active = false');
  const branches = await db.$client.query<Branch>(
    'with opened as (update branches set is_active = true returning id, is_active) select * from opened order by id',
  );
  const [first] = branches.rows.map(({ id }) => id);
  const wanted = [
    ...branches.rows.flatMap(({ id }) => [
      { branch: id, name: 'Lab', kind: 'lab' },
      { branch: id, name: 'Office', kind: 'office' },
    ]),
    { branch: first, name: 'Small lab', kind: 'lab' },
  ];
  const rooms: Room[] = [];
  for (const { branch, name, kind } of wanted) {
    const { rows } = await db.$client.query<Room>(
      `insert into rooms (branch_id, name, kind) values ($1, $2, $3)
       returning id, branch_id as branch, name, kind, is_active`,
      [branch, roomName(name, owner), kind],
    );
    rooms.push(...rows);
  }
  return { branches: branches.rows, rooms };
}

/** Services of their own for some doctors. */
export async function giveServices(
  { db }: Arena,
  doctors: readonly number[],
): Promise<{ services: Service[]; given: Given[] }> {
  const services: Service[] = [];
  for (const { name, minutes, price, ...other } of SERVICES) {
    const { rows } = await db.$client.query<{ id: number }>(
      `insert into services (name, duration_minutes, price, currency, room_kind, min_age, max_age, new_patients)
       values ($1, $2, $3, $4, $5, $6, $7, $8) returning id`,
      [
        { uz: name, ru: name, en: name },
        minutes,
        price,
        price === null ? null : 'UZS',
        other.room_kind,
        other.min_age,
        other.max_age,
        other.new_patients,
      ],
    );
    services.push({ id: rows[0]?.id ?? 0, name, minutes, price, ...other, is_active: true });
  }
  const given = doctors.flatMap((doctor, place) => usuallyGiven(services, doctor, place));
  for (const { doctor, service, minutes, price } of given)
    await db.$client.query(
      `insert into doctor_services (doctor_id, service_id, duration_minutes, has_own_price, price, currency)
       values ($1, $2, $3, $4, $5, $6)`,
      [
        doctor,
        service,
        minutes,
        price !== undefined,
        price ?? null,
        price === undefined || price === null ? null : 'UZS',
      ],
    );
  return { services, given };
}
