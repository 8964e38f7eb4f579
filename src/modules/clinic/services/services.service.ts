import type { Clock } from '../../../core/clock.ts';
import { AppError, invalidField } from '../../../core/errors.ts';
import type { Keyed, Once } from '../../../core/idempotency.ts';
import { namesOf } from '../../../core/names.ts';
import type { Page } from '../../../core/page.ts';
import { type Caller, manages } from '../../../core/roles.ts';
import type { Unchanged } from '../../../core/unchanged.ts';
import { type Db, transaction } from '../../../db/client.ts';
import type { Audit } from '../../audit/index.ts';
import type { Idempotency } from '../../idempotency/index.ts';
import { createGiving, type GivingDependencies } from './giving.service.ts';
import * as repository from './services.repository.ts';
import type { NewService, Service, ServiceChanges, ServiceFilters } from './services.schemas.ts';

interface ServicesDependencies extends GivingDependencies {
  db: Db;
  clock: Clock;
  audit: Pick<Audit, 'record'>;
  idempotency: Pick<Idempotency, 'once'>;
  /** In which new prices are told. */
  currency: string;
}

export type Services = ReturnType<typeof createServices>;

/** What the clinic's doctors give. */
export function createServices(dependencies: ServicesDependencies) {
  const { db, clock, audit, idempotency, currency } = dependencies;
  const inCurrency = (price: number | null) => ({ price, currency: price === null ? null : currency });

  return {
    giving: createGiving(dependencies),

    /** Services that can be booked; all of them for admins. */
    list: ({ page, page_size, ...filters }: ServiceFilters, { role }: Caller): Promise<Page<Service>> => {
      const specialization = filters.specialization || undefined;
      const shown = { today: clock.wall().date, all: manages(role) };
      return repository.listServices(db, { ...filters, specialization }, shown, { page, page_size });
    },

    /** @throws AppError service_not_found, to others than admins also where it cannot be booked any more */
    async get(id: number, { role }: Caller): Promise<Service> {
      const found = await repository.findService(db, id);
      if (!found || !(found.is_active || manages(role))) throw new AppError('service_not_found');
      return found;
    },

    /**
     * @param request asks for it to be done once only
     * @throws AppError request_in_progress, idempotency_key_reused
     */
    add: ({ price, ...fields }: NewService, caller: Caller, request?: Keyed): Promise<Once<Service>> =>
      transaction(db, (tx) =>
        idempotency.once(tx, caller, request, caller.id, async () => {
          const id = await repository.insertService(tx, { ...fields, ...inCurrency(price) });
          await audit.record(tx, { actor: caller, action: 'service.create', details: { service: id } });
          const added = await repository.findService(tx, id);
          if (!added) throw new AppError('service_not_found');
          return added;
        }),
      ),

    /**
     * Visits keep the name, the price and the slots that they have. A price is told in the currency of the clinic at this
     * moment.
     * @throws AppError service_not_found, version_mismatch, invalid_input (the ages the wrong way round)
     */
    change: (
      id: number,
      { price, ...fields }: ServiceChanges,
      caller: Caller,
      unchanged?: Unchanged,
    ): Promise<Service> =>
      transaction(db, async (tx) => {
        const before = await repository.lockService(tx, id);
        if (!before) throw new AppError('service_not_found');
        unchanged?.(before);
        const { min_age, max_age } = { ...before, ...fields };
        if (min_age != null && max_age != null && min_age > max_age)
          throw invalidField('max_age', 'range_reversed');
        await repository.updateService(tx, id, { ...fields, ...(price !== undefined && inCurrency(price)) });
        const changed = namesOf({ ...fields, price });
        const details = { service: id, fields: changed };
        await audit.record(tx, { actor: caller, action: 'service.update', details });
        return (await repository.findService(tx, id)) ?? before;
      }),

    /** @throws AppError service_not_found, version_mismatch, service_in_use */
    remove: (id: number, caller: Caller, unchanged?: Unchanged): Promise<void> =>
      transaction(db, async (tx) => {
        const deleted = await repository.deleteService(tx, id);
        if (!deleted) throw new AppError('service_not_found');
        unchanged?.(deleted);
        await audit.record(tx, { actor: caller, action: 'service.delete', details: { service: id } });
      }),
  };
}
