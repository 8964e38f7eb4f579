import type { PageRequest } from '../../../core/page.ts';
import { COUNT_LIMIT } from '../../../core/page.ts';
import { clientOf, type Db, type Executor, type Tx } from '../../../db/client.ts';
import { eq } from '../../../db/drizzle.ts';
import { fetchPage } from '../../../db/page.ts';
import { services } from '../../../db/schema/index.ts';
import { isDoctorHere, isLetIn } from '../../availability/people.sql.ts';
import { worksIn } from '../../availability/places.sql.ts';
import { serviceMinutes, servicePrice } from '../../availability/services.sql.ts';
import type { NewService, Service } from './services.schemas.ts';

const columns = `v.id, v.name, v.duration_minutes, v.price, v.currency, v.specialization, v.room_kind, v.min_age, v.max_age,
  v.new_patients, v.preparation, v.is_active`;
/** With what the doctor `g` gives in another way. */
const given = `v.id, v.name, ${serviceMinutes} as duration_minutes, ${servicePrice}, v.specialization, v.room_kind, v.min_age,
  v.max_age, v.new_patients, v.preparation, v.is_active`;

interface Filters {
  doctor?: number | undefined;
  specialization?: string | undefined;
  branch?: number | undefined;
}

/** Whom patients find gives it; whoever is not let in yet, admins see as well. @param given a row of `doctor_services` */
const isGiven = (given: string, all: string) => `exists (
  select from users u join doctor_profiles d on d.id = u.id
  where u.id = ${given}.doctor_id and ${isDoctorHere('u')} and (${all} or ${isLetIn('d')}))`;

/** One page of services, in the order in which they were made. */
export function listServices(
  db: Db,
  { doctor, specialization, branch }: Filters,
  { today, all }: { today: string; all: boolean },
  page: PageRequest,
) {
  const from = `services v left join doctor_services g on g.service_id = v.id and g.doctor_id = $1::integer
    where ($1::integer is null or g.doctor_id is not null and ${isGiven('g', '$5::boolean')})
      and ($2::text is null or search_fold(v.specialization) = (select specialization_fold($2)))
      and ($3::integer is null or exists (
        select from doctor_services b
        where b.service_id = v.id and ($1::integer is null or b.doctor_id = $1) and ${isGiven('b', '$5::boolean')}
          and ${worksIn('b.doctor_id', '$4', (branch) => `${branch} = $3::integer`)}))
      and ($5::boolean or v.is_active)`;
  return fetchPage<Service & { count: number }>(page, async ({ limit, offset }) => {
    const { rows } = await clientOf(db).query<Service & { count: number }>({
      name: 'services.list',
      text: `
        select ${given}, (select count(*)::integer from (select from ${from} limit ${COUNT_LIMIT}) counted) as count
        from ${from} order by v.id limit $6 offset $7`,
      values: [doctor, specialization, branch, today, all, limit, offset],
    });
    return rows;
  });
}

export async function findService(executor: Executor, id: number): Promise<Service | undefined> {
  const { rows } = await clientOf(executor).query<Service>({
    name: 'services.find',
    text: `select ${columns} from services v where v.id = $1`,
    values: [id],
  });
  return rows[0];
}

/** Keeps a service as it is until the transaction ends. */
export async function lockService(tx: Tx, id: number): Promise<Service | undefined> {
  const { rows } = await clientOf(tx).query<Service>({
    name: 'services.lock',
    text: `select ${columns} from services v where v.id = $1 for no key update`,
    values: [id],
  });
  return rows[0];
}

type Stored = { [Field in keyof NewService]?: NewService[Field] | undefined } & { currency?: string | null };

export async function insertService(
  tx: Tx,
  fields: NewService & { currency: string | null },
): Promise<number> {
  const [row] = await tx.insert(services).values(fields).returning({ id: services.id });
  return row?.id ?? 0;
}

export async function updateService(tx: Tx, id: number, changes: Stored): Promise<void> {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  await tx.update(services).set(Object.fromEntries(given)).where(eq(services.id, id));
}

/** @returns as it was. @throws the refusal by a foreign key when a visit, a wish or a doctor refers to it */
export async function deleteService(tx: Tx, id: number): Promise<Service | undefined> {
  const { rows } = await clientOf(tx).query<Service>({
    name: 'services.delete',
    text: `delete from services v where v.id = $1 returning ${columns}`,
    values: [id],
  });
  return rows[0];
}
