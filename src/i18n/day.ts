import type { AppointmentStatus, Attendance, Locale } from '../core/words.ts';

/** What the printed day of a doctor says. */
export interface DayWords {
  title: string;
  time: string;
  patient: string;
  phone: string;
  born: string;
  status: string;
  reason: string;
  note: string;
  service: string;
  room: string;
  free: string;
  over: string;
  is_new: string;
  unreachable: string;
  nothing: string;
  statuses: Record<AppointmentStatus, string>;
  attendances: Record<Attendance, string>;
  /** It stands below: whose data these are. */
  footer: string;
}

export const dayWords: Record<Locale, DayWords> = {
  uz: {
    title: 'Kun tartibi',
    time: 'Vaqt',
    patient: 'Bemor',
    phone: 'Telefon',
    born: 'Tugʻilgan sana',
    status: 'Holati',
    reason: 'Murojaat sababi',
    note: 'Izoh',
    service: 'Xizmat',
    room: 'Xona',
    free: 'boʻsh',
    over: 'oʻtgan',
    is_new: 'yangi',
    unreachable: 'xabar yetmaydi, qoʻngʻiroq qiling',
    nothing: 'Bu kunda qabul vaqti yoʻq.',
    statuses: {
      pending: 'javob kutmoqda',
      confirmed: 'tasdiqlangan',
      cancelled: 'bekor qilingan',
      expired: 'javobsiz qolgan',
    },
    attendances: { arrived: 'keldi', completed: 'koʻrildi', no_show: 'kelmadi' },
    footer: 'Bemorlarning shaxsiy maʼlumotlari: begonalarga koʻrsatmang, kerak boʻlmagach yoʻq qiling.',
  },
  ru: {
    title: 'Приём на день',
    time: 'Время',
    patient: 'Пациент',
    phone: 'Телефон',
    born: 'Дата рождения',
    status: 'Состояние',
    reason: 'Повод',
    note: 'Заметка',
    service: 'Услуга',
    room: 'Кабинет',
    free: 'свободно',
    over: 'прошло',
    is_new: 'новый',
    unreachable: 'сообщения не доходят, позвоните',
    nothing: 'В этот день приёма нет.',
    statuses: {
      pending: 'ждёт ответа',
      confirmed: 'подтверждён',
      cancelled: 'отменён',
      expired: 'остался без ответа',
    },
    attendances: { arrived: 'пришёл', completed: 'принят', no_show: 'не пришёл' },
    footer: 'Личные данные пациентов: не показывайте посторонним и уничтожьте, когда они больше не нужны.',
  },
  en: {
    title: 'The day',
    time: 'Time',
    patient: 'Patient',
    phone: 'Phone',
    born: 'Born',
    status: 'Status',
    reason: 'Reason',
    note: 'Note',
    service: 'Service',
    room: 'Room',
    free: 'free',
    over: 'over',
    is_new: 'new',
    unreachable: 'no message reaches them, please ring',
    nothing: 'Nothing is open on this day.',
    statuses: {
      pending: 'waits for an answer',
      confirmed: 'confirmed',
      cancelled: 'cancelled',
      expired: 'ended unanswered',
    },
    attendances: { arrived: 'is here', completed: 'seen', no_show: 'did not come' },
    footer: 'Patients’ personal data: show it to nobody else, and destroy it when it is no longer needed.',
  },
};
