import type { FastifyInstance } from 'fastify';
import type { Config } from './config.ts';
import type { Clock } from './core/clock.ts';
import { dataKeysOf } from './core/data-keys.ts';
import { disguiseKey } from './core/keys.ts';
import { type Log, silentLog } from './core/log.ts';
import type { Caller } from './core/roles.ts';
import { createSealer, type SealedColumn } from './core/sealing.ts';
import { openLedger } from './db/backup/ledger.ts';
import type { Db } from './db/client.ts';
import { loggable } from './db/errors.ts';
import { type Listener, listen } from './db/links/listen.ts';
import { type MayLag, primaryOnly } from './db/links/replica.ts';
import { createReaders } from './events/readers.ts';
import { createUpdates } from './events/updates.ts';
import { createChanges } from './memory/changes.ts';
import { createMemory } from './memory/memory.ts';
import { apiKeysPersonal, apiKeysRoutes, createApiKeys } from './modules/api-keys/index.ts';
import {
  appointmentsJobs,
  appointmentsPersonal,
  appointmentsRoutes,
  createAppointments,
  historyReader,
} from './modules/appointments/index.ts';
import { assistantRoutes } from './modules/assistant/index.ts';
import { auditJobs, auditPersonal, auditRoutes, createAudit } from './modules/audit/index.ts';
import {
  authPersonal,
  authRoutes,
  createAfterwards,
  createAuth,
  createContactChanges,
  createPasswords,
  createSessions,
  createUnlinking,
  TWO_STEP_SECRET,
  undoRoutes,
} from './modules/auth/index.ts';
import { ALTERNATIVES, createAvailability, holdsRoutes } from './modules/availability/index.ts';
import { calendarJobs, calendarPersonal, calendarRoutes, createCalendar } from './modules/calendar/index.ts';
import {
  clinicPersonal,
  clinicRoutes,
  createClinic,
  createServices,
  servicesRoutes,
} from './modules/clinic/index.ts';
import {
  approveDoctor,
  createDoctors,
  createPhotos,
  createSpecializations,
  doctorsJobs,
  doctorsPersonal,
  doctorsRoutes,
  eraseDoctorProfile,
  openPhotoStore,
  photosRoutes,
  publicPhotosRoutes,
  saveDoctorProfile,
  specializationsRoutes,
} from './modules/doctors/index.ts';
import { createFeeds, feedsPersonal, feedsRoutes } from './modules/feeds/index.ts';
import { createIdempotency, idempotencyPersonal } from './modules/idempotency/index.ts';
import { createNotifications, notificationsPersonal } from './modules/notifications/index.ts';
import {
  createEnding,
  createFamilies,
  createGuardians,
  createInvitations,
  createPatients,
  erasePatientProfile,
  familiesRoutes,
  listErasedWith,
  lockFamily,
  patientsJobs,
  patientsPersonal,
  patientsRoutes,
  savePatientProfile,
} from './modules/patients/index.ts';
import {
  consentsPersonal,
  createConsents,
  createPrivacy,
  createSweeping,
  eraseTraces,
  mergeTraces,
  personalDataOf,
  privacyJobs,
  privacyRoutes,
} from './modules/privacy/index.ts';
import { createSettings, settingsPersonal, settingsRoutes } from './modules/settings/index.ts';
import { createStatistics, statisticsRoutes } from './modules/statistics/index.ts';
import { createStreams, streamsPersonal, streamsRoutes } from './modules/streams/index.ts';
import { createBackups, createSystem, systemJobs, systemRoutes } from './modules/system/index.ts';
import {
  createTimeslots,
  findingRoutes,
  freeSlotTopics,
  timeslotsJobs,
  timeslotsPersonal,
  timeslotsRoutes,
} from './modules/timeslots/index.ts';
import {
  createUsers,
  insertService,
  setContact,
  usersJobs,
  usersPersonal,
  usersRoutes,
} from './modules/users/index.ts';
import {
  createOffers,
  createWaitlist,
  waitlistJobs,
  waitlistPersonal,
  waitlistRoutes,
} from './modules/waitlist/index.ts';
import {
  createDispatch,
  createWebhooks,
  PREVIOUS_SECRET,
  SECRET,
  webhooksPersonal,
  webhooksRoutes,
} from './modules/webhooks/index.ts';

export interface ModulesDependencies {
  db: Db;
  /** Where searches, statistics and exports are read; from `db` by default. */
  mayLag?: MayLag | undefined;
  clock: Clock;
  log?: Log;
  /** Signs an access token. A process that answers no requests signs none. */
  signAccess?: (caller: Caller, branches?: readonly number[] | null) => string;
  /** The claims of an access token that is good. */
  readAccess?: (token: string) => Promise<Record<string, unknown> | undefined>;
  config: Config;
  /** Which version this is, and how the level of its log is set. */
  about?: { version: string; setLogLevel: (level: string) => void };
}

const signsNothing = (): never => {
  throw new Error('this process signs no tokens');
};

interface Jobs {
  tasks: Record<string, (payload: unknown) => Promise<void>>;
  /** By the clock of UTC: `minute hour day month weekday`. */
  repeated: readonly { task: string; match: string }[];
}
type All<Union> = (Union extends unknown ? (one: Union) => void : never) extends (all: infer Each) => void
  ? Each
  : never;

/** The jobs of several modules as one. */
const together = <Each extends Jobs[]>(...jobs: Each) => ({
  tasks: Object.assign({}, ...jobs.map(({ tasks }) => tasks)) as All<Each[number]['tasks']>,
  repeated: jobs.flatMap(({ repeated }) => [...repeated]),
});

export type Modules = ReturnType<typeof createModules>;

/**
 * What each module holds of people: privacy exports, erases and sweeps it. The order of this list is the order in which
 * a person is erased. The reasons of visits go last: a decision that won the race to a visit has left its reason by then.
 */
export const personal = [
  usersPersonal,
  patientsPersonal,
  doctorsPersonal,
  clinicPersonal,
  consentsPersonal,
  authPersonal,
  idempotencyPersonal,
  waitlistPersonal,
  timeslotsPersonal,
  calendarPersonal,
  notificationsPersonal,
  feedsPersonal,
  streamsPersonal,
  webhooksPersonal,
  settingsPersonal,
  apiKeysPersonal,
  auditPersonal,
  appointmentsPersonal,
] as const;

/** What is encrypted in the database (DATA_KEYS); a rotation of keys goes through all of it. */
export const sealed: readonly SealedColumn[] = [SECRET, PREVIOUS_SECRET, TWO_STEP_SECRET];

/** The document that a person takes away. */
export const personalData = personalDataOf(personal);

/** The one place that knows every module and gives each what it needs of the others. */
export function createModules({
  db,
  mayLag = primaryOnly(db),
  clock,
  log = silentLog,
  signAccess = signsNothing,
  readAccess = async () => undefined,
  config,
  about = { version: '', setLogLevel: () => {} },
}: ModulesDependencies) {
  const secrets = [config.jwt_secret ?? '', ...(config.jwt_previous_secrets ?? [])];
  const sealer = createSealer(dataKeysOf(config.data_keys, clock));
  const audit = createAudit({ db, clock, ...config });
  const sweeping = createSweeping({ db, clock, personal, ...config });
  const consents = createConsents({ db, clock, audit, ...config });
  const passwords = createPasswords(config.bcrypt_cost);
  const sessions = createSessions({ db, clock, ...config });
  // What is made further down is asked once it is there.
  const onHorizon: typeof offers.claimReached = (...asked) => offers.claimReached(...asked);
  const settings = createSettings({ db, clock, audit, onHorizon, ...config });
  const changes = createChanges(db.$client);
  const memory = createMemory({ limit: config.answers_remembered, isFresh: changes.isFresh });
  changes.onUnknown(memory.clear);
  changes.onChange(({ doctor, date }) => {
    streams.hub.wake();
    // Who a doctor is changes seldom, and says something of all their days.
    if (date === undefined) memory.clear();
    else for (const topic of [...freeSlotTopics(doctor, date), ALTERNATIVES]) memory.forget(topic);
  });
  const doctors = createDoctors({
    db,
    memory,
    mayLag,
    audit,
    users: { setContact },
  });
  const specializations = createSpecializations({ db, audit });
  const photos = createPhotos({ db, clock, audit, store: openPhotoStore(config.photos) });
  const idempotency = createIdempotency({ clock });
  const offers = createOffers({ db, clock, settings });
  const guardians = createGuardians({ db, clock });
  const availability = createAvailability({
    db,
    clock,
    audit,
    settings,
    memory,
    idempotency,
    passOn: offers.passOn,
    guardians,
  });
  const { reach, places } = availability;
  const updates = createUpdates({ db, ...config });
  const timeslots = createTimeslots({
    db,
    updates,
    mayLag,
    clock,
    memory,
    audit,
    idempotency,
    settings,
    doctors,
    patients: availability.patients,
    reach,
    places,
  });
  const services = createServices({
    db,
    clock,
    audit,
    idempotency,
    doctors,
    linkSlots: timeslots.linking.linkAhead,
    ...config,
  });
  const reached: typeof notifications.telling.reached = (...asked) => notifications.telling.reached(...asked);
  const hasEnded = (caller: Caller) =>
    caller.key ? apiKeys.isOver(caller.key.id) : sessions.isEnded(caller.session);
  const appointments = createAppointments({
    db,
    updates,
    mayLag,
    clock,
    audit,
    idempotency,
    settings,
    obtaining: availability.obtaining,
    reach,
    hasEnded,
    reached,
    guardians,
  });
  const calendar = createCalendar({
    db,
    clock,
    audit,
    idempotency,
    appointments,
    reach,
    places,
    ...config,
  });
  const clinic = createClinic({
    db,
    settings,
    audit,
    idempotency,
    timeslots,
    appointments,
    reach,
    ...config,
  });
  const waitlist = createWaitlist({
    db,
    clock,
    audit,
    settings,
    idempotency,
    offers,
    appointments: { book: appointments.booking.bookOffered, replace: appointments.replacing.replace },
    patients: availability.patients,
    reach,
    guardians,
    search: timeslots.search,
  });
  const notifications = createNotifications({
    db,
    clock,
    log,
    ...config,
    secrets,
    cancelling: appointments.cancelling,
    alternatives: availability.alternatives,
    audit,
    guardians,
  });
  const messages = {
    enqueue: notifications.telling.enqueue,
    offered: notifications.telling.offered,
    unlinkTelegram: notifications.telegram.unlink,
  };
  const contactChanges = createContactChanges({ clock, messages });
  const unlinking = createUnlinking({ audit });
  const savePatient: Parameters<typeof createUsers>[0]['patients']['save'] = (tx, patient, profile) =>
    savePatientProfile(tx, patient, profile, { adult: guardians.adult(), path: 'profile.date_of_birth' });
  const users = createUsers({
    db,
    updates,
    clock,
    audit,
    hashPassword: passwords.hash,
    sessions,
    messages,
    contactChanges,
    unlinking,
    consents,
    traces: {
      erase: (tx, person) => eraseTraces(tx, person, disguiseKey(secrets), personal),
    },
    waitlist: waitlist.leaving,
    families: {
      lock: lockFamily,
      listErasedWith: (tx, guardian) => listErasedWith(tx, guardian, guardians.adult()),
    },
    doctors: { save: saveDoctorProfile, approve: approveDoctor, erase: eraseDoctorProfile },
    patients: { save: savePatient, erase: erasePatientProfile },
    timeslots: timeslots.leaving,
    appointments,
    ledger: openLedger(config.backup_dir, config.backup_key),
    ...config,
  });
  const apiKeys = createApiKeys({ db, clock, log, audit, users: { insertService } });
  const afterwards = createAfterwards(log);
  const auth = createAuth({
    db,
    clock,
    passwords,
    sessions,
    users: users.accounts,
    records: users.records,
    patients: { save: savePatient },
    consents,
    messages,
    audit,
    contactChanges,
    unlinking,
    afterwards,
    log,
    secrets,
    sealer,
    signAccess,
    readAccess,
    ...config,
  });
  const families = createFamilies({
    db,
    clock,
    audit,
    idempotency,
    records: users.records,
    users: { setContact, eraseWithin: users.erasure.eraseWithin },
    consents,
    appointments,
    ...config,
  });
  const patients = createPatients({
    db,
    updates,
    clock,
    audit,
    idempotency,
    families,
    contacts: auth.contacts,
    codes: auth.codes,
    users: { setContact },
    records: users.records,
    erasure: users.erasure,
    moveTraces: (tx, merge) => mergeTraces(tx, merge, personal),
    moveTwoStep: auth.twoStep.moveWithin,
    messages,
    sessions,
    reached,
  });
  const ending = createEnding({ db, clock, messages });
  const invitations = createInvitations({ db, clock, audit, families, throttle: auth.throttle });
  const feeds = createFeeds({ db, clock, audit, guardians, ...config });
  const streams = createStreams({ db, clock, log, sessions, guardians, ...config });
  const privacy = createPrivacy({
    db,
    clock,
    audit,
    personal,
    users: users.erasure,
    passwords: auth.password,
  });
  const webhooks = createWebhooks({ db, clock, audit, sealer, ...config });
  const dispatch = createDispatch({ db, clock, log, sealer, telling: notifications.telling, ...config });
  const events = createReaders({
    db,
    log,
    // Whoever wants to hear of what happened.
    readers: [historyReader, notifications.reader, webhooks.reader],
    ...config,
  });
  const backups = createBackups({ db, clock, log, users: users.accounts, messages, ...config });
  const system = createSystem({ db, clock, log, audit, readers: events, ...about, ...config });
  let link: Listener | undefined;
  return {
    apiKeys: apiKeys.bearers,
    appointments,
    audit,
    dispatch,
    events,
    notifications,
    sessions,
    sealer,
    settings,
    streams: streams.hub,
    system,
    users,

    /** What runs in the background beside messages, and when. */
    housekeeping: together(
      waitlistJobs(offers),
      appointmentsJobs(appointments),
      calendarJobs(calendar),
      timeslotsJobs(timeslots),
      doctorsJobs(photos),
      patientsJobs(ending),
      usersJobs(users),
      auditJobs(audit),
      privacyJobs([sweeping, events, webhooks]),
      systemJobs(backups),
    ),

    /**
     * Hears on one connection what any process announces. Whoever does not follow asks the database each time, as the
     * background jobs do, which need it seldom.
     */
    follow(database_url: string): void {
      link = listen({ url: database_url, channels: [sessions.endings, settings.changes, system.levels] });
      sessions.follow(link);
      settings.follow(link);
      streams.hub.follow(database_url);
      if (config.answers_remembered > 0) changes.follow(database_url);
    },

    async unfollow(): Promise<void> {
      sessions.close();
      await Promise.all([link?.close(), changes.unfollow(), streams.hub.unfollow()]);
    },

    /** Registers what is served beside the API, for pages to show. */
    async registerPublic(app: FastifyInstance): Promise<void> {
      await app.register(publicPhotosRoutes, { photos });
      await app.register(assistantRoutes);
    },

    /** Registers every module's routes. */
    async register(app: FastifyInstance): Promise<void> {
      app.addHook('onClose', () => afterwards.settled());
      const { phone_country, public_directory } = config;
      await app.register(authRoutes, { auth, sessions, users, ...config });
      await app.register(undoRoutes, { undo: auth.undo, ...config, loggable });
      await app.register(doctorsRoutes, { doctors, ...config });
      await app.register(specializationsRoutes, { specializations, ...config });
      await app.register(photosRoutes, { photos });
      await app.register(servicesRoutes, { services, public_directory });
      await app.register(patientsRoutes, { patients, ...config });
      await app.register(familiesRoutes, { families, invitations });
      await app.register(findingRoutes, { timeslots, public_directory });
      await app.register(holdsRoutes, { holds: availability.holds });
      await app.register(timeslotsRoutes, { timeslots });
      await app.register(calendarRoutes, { calendar });
      await app.register(clinicRoutes, { clinic, phone_country, public_directory });
      await app.register(appointmentsRoutes, { appointments, clock, loggable, ...config });
      const statistics = createStatistics({ mayLag, clock });
      await app.register(statisticsRoutes, { statistics, clock, ...config });
      await app.register(settingsRoutes, { settings });
      await app.register(systemRoutes, { system });
      await app.register(waitlistRoutes, { waitlist });
      await app.register((routes) => notifications.routes(routes, auth.proofs));
      await app.register(feedsRoutes, { feeds });
      await app.register(streamsRoutes, { streams });
      await app.register(webhooksRoutes, { webhooks });
      await app.register(privacyRoutes, { privacy, personalData, consents });
      await app.register(apiKeysRoutes, { apiKeys });
      await app.register(auditRoutes, { audit });
      await app.register(usersRoutes, { users, erase: privacy.eraseOther, phone_country });
    },
  };
}
