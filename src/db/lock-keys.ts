/**
 * Every advisory lock of this service that stands for one thing, and not for a row: all of them here, so that no two have one
 * number. A process of the version before goes by the same numbers: a thing keeps its own.
 */
export const lockKeys = {
  /** Migrations run one after another. */
  migration: 7_420_133,
  /** The class under which each process says that its workers live. */
  living: 7_420_134,
  /** The one process that answers the Telegram bot. */
  bot: 7_420_135,
  /** The waiting list is gone through for one offer at a time. */
  waitingList: 7_420_136,
  /** The one process that reads the log of events. */
  reading: 7_420_137,
} as const;
