import type { AppointmentStatus, Attendance, Locale } from '../core/words.ts';
import { dayWords } from './day.ts';
import { messageTexts } from './index.ts';
import { deskTexts } from './pages/index.ts';

/** Numbers as they are written where a language is spoken, and what spreadsheets set to it take for the end of a cell. */
interface CsvForm {
  decimal: '.' | ',';
  separator: ',' | ';';
}

const forms: Record<Locale, CsvForm> = {
  uz: { decimal: ',', separator: ';' },
  ru: { decimal: ',', separator: ';' },
  en: { decimal: '.', separator: ',' },
};

/** What tables say and no page does. `{of}` is whose it is. */
interface OwnWords {
  yes: string;
  no: string;
  number_of: string;
  date: string;
  start_time: string;
  end_time: string;
  attendance: string;
  specialization: string;
  slot: string;
  slots: string;
  appointment: string;
  price: string;
  currency: string;
  created_at: string;
  updated_at: string;
  booked_by: string;
  cancelled_by: string;
  cancel_reason: string;
  cancelled_late: string;
  version: string;
  is_known: string;
  reachable: string;
  period: string;
  weekday: string;
  hour: string;
  late_cancelled: string;
}

const own: Record<Locale, OwnWords> = {
  uz: {
    yes: 'ha',
    no: 'yoʻq',
    number_of: '{of}: №',
    date: 'Sana',
    start_time: 'Boshlanishi',
    end_time: 'Tugashi',
    attendance: 'Kelgani',
    specialization: 'Mutaxassislik',
    slot: 'Qabul vaqti',
    slots: 'Barcha qabul vaqtlari',
    appointment: 'Qabul',
    price: 'Narxi',
    currency: 'Valyuta',
    created_at: 'Qachon yozilgan',
    updated_at: 'Oxirgi oʻzgarish',
    booked_by: 'Kim yozgan',
    cancelled_by: 'Kim bekor qilgan',
    cancel_reason: 'Bekor qilish sababi',
    cancelled_late: 'Kech bekor qilingan',
    version: 'Versiya',
    is_known: 'Oldin kelgan',
    reachable: 'Xabar yetib boradi',
    period: 'Davr boshi',
    weekday: 'Hafta kuni',
    hour: 'Soat',
    late_cancelled: 'Kech bekor qilingan',
  },
  ru: {
    yes: 'да',
    no: 'нет',
    number_of: '{of}: №',
    date: 'Дата',
    start_time: 'Начало',
    end_time: 'Конец',
    attendance: 'Явка',
    specialization: 'Специальность',
    slot: 'Окно',
    slots: 'Все окна',
    appointment: 'Приём',
    price: 'Цена',
    currency: 'Валюта',
    created_at: 'Когда записан',
    updated_at: 'Последнее изменение',
    booked_by: 'Кто записал',
    cancelled_by: 'Кто отменил',
    cancel_reason: 'Причина отмены',
    cancelled_late: 'Отменён поздно',
    version: 'Версия',
    is_known: 'Бывал здесь',
    reachable: 'Сообщения доходят',
    period: 'Начало периода',
    weekday: 'День недели',
    hour: 'Час',
    late_cancelled: 'Отменено поздно',
  },
  en: {
    yes: 'yes',
    no: 'no',
    number_of: '{of}: No.',
    date: 'Date',
    start_time: 'Begins',
    end_time: 'Ends',
    attendance: 'Attendance',
    specialization: 'Speciality',
    slot: 'Slot',
    slots: 'All slots',
    appointment: 'Appointment',
    price: 'Price',
    currency: 'Currency',
    created_at: 'Booked at',
    updated_at: 'Last change',
    booked_by: 'Who booked',
    cancelled_by: 'Who cancelled',
    cancel_reason: 'Why cancelled',
    cancelled_late: 'Cancelled late',
    version: 'Version',
    is_known: 'Has been here',
    reachable: 'Messages arrive',
    period: 'Period from',
    weekday: 'Weekday',
    hour: 'Hour',
    late_cancelled: 'Cancelled late',
  },
};

/** The headings, by the names of the columns: in the words of the pages wherever these have one. */
function headingsIn(locale: Locale) {
  const words = own[locale];
  const desk = deskTexts(locale);
  const { patient, phone, status, reason, note } = dayWords[locale];
  const of = (who: string, what: string) => `${who}: ${what.toLocaleLowerCase(locale)}`;
  const number = (who: string) => words.number_of.replace('{of}', who);
  return {
    id: number(words.appointment),
    date: words.date,
    start_time: words.start_time,
    end_time: words.end_time,
    status,
    attendance: words.attendance,
    doctor_id: number(desk.doctor),
    doctor_first_name: of(desk.doctor, desk.first_name),
    doctor_last_name: of(desk.doctor, desk.last_name),
    specialization: words.specialization,
    patient_id: number(patient),
    patient_first_name: of(patient, desk.first_name),
    patient_last_name: of(patient, desk.last_name),
    patient_phone: of(patient, phone),
    date_of_birth: of(patient, desk.date_of_birth),
    timeslot: number(words.slot),
    timeslots: number(words.slots),
    branch_id: number(desk.branch),
    branch_name: desk.branch,
    room_id: number(desk.room),
    room_name: desk.room,
    service_id: number(desk.service),
    service_name: desk.service,
    price: words.price,
    currency: words.currency,
    created_at: words.created_at,
    updated_at: words.updated_at,
    booked_by: number(words.booked_by),
    cancelled_by: number(words.cancelled_by),
    cancel_reason: words.cancel_reason,
    cancelled_late: words.cancelled_late,
    version: words.version,
    reason,
    note,
    is_available: desk.state_free,
    is_known: words.is_known,
    reachable: words.reachable,
    period: words.period,
    weekday: words.weekday,
    hour: words.hour,
    published: desk.count_published,
    booked: desk.count_booked,
    cancelled: desk.count_cancelled,
    late_cancelled: words.late_cancelled,
    no_shows: desk.count_no_shows,
    completed: desk.count_completed,
    fill_rate: desk.measure_fill_rate,
    median_lead_time_hours: `${desk.measure_lead_time}, ${desk.hours.replace('{count}', '').trim()}`,
    expired: desk.count_expired,
  };
}

/** The names of the columns that tables may have. */
export type CsvColumn = keyof ReturnType<typeof headingsIn>;

/** What a table for a spreadsheet says in a language, and how it writes values. */
export interface CsvWords extends CsvForm {
  headings: Record<CsvColumn, string>;
  yes: string;
  no: string;
  statuses: Record<AppointmentStatus, string>;
  attendances: Record<Attendance, string>;
  /** From Sunday on. */
  weekdays: readonly string[];
  /** Why something was cancelled, where the system itself says so with a code. */
  reasons: ReadonlyMap<string, string>;
  /** With `{year}`, `{month}` and `{day}`. */
  date: string;
}

function wordsIn(locale: Locale): CsvWords {
  const { yes, no } = own[locale];
  const { statuses, attendances, weekdays, date_in_figures } = deskTexts(locale);
  const { account_deleted, account_closed, doctor_absent, clinic_closed } = messageTexts(locale);
  const reasons = new Map(Object.entries({ account_deleted, account_closed, doctor_absent, clinic_closed }));
  const headings = headingsIn(locale);
  return {
    ...forms[locale],
    ...{ headings, yes, no, statuses, attendances, weekdays, reasons },
    date: date_in_figures,
  };
}

export const csvWords: Record<Locale, CsvWords> = {
  uz: wordsIn('uz'),
  ru: wordsIn('ru'),
  en: wordsIn('en'),
};
