/**
 * The records that the documentation's examples name, and the demo clinic has: both are made from this table, so that an
 * example works there as it stands. Everything that is to come lies on a day far ahead, because a demo clinic may be
 * kept for months.
 */

const doctorName = { id: 12, first_name: 'Jasur', last_name: 'Yusupov' };
const patientName = { id: 7, first_name: 'Aziza', last_name: 'Karimova' };
const phone = '+998901234567';
const specialization = 'Kardiolog';

export const demo = {
  /** Of every demo account. */
  password: 'clinic-demo-2026',

  /** The first has everybody's slots. The empty one opens later, so that it is not chosen for anybody. */
  branch: {
    id: 1,
    name: 'Markaziy filial',
    address: 'Toshkent, Amir Temur shoh koʻchasi, 15',
    phone: '+998712000000',
  },
  emptyBranch: { id: 2, name: 'Yunusobod filiali', address: 'Toshkent, Yunusobod, 4-mavze' },
  /** All of the first branch; the last has nothing in it. */
  room: { id: 1, name: '101', kind: 'consulting' },
  otherRoom: { id: 2, name: '102', kind: 'consulting' },
  emptyRoom: { id: 3, name: 'UTT', kind: 'ultrasound' },

  admin: { username: 'demo.admin', name: { id: 1, first_name: 'Lola', last_name: 'Mahmudova' } },

  receptionist: {
    username: 'demo.receptionist',
    name: { id: 29, first_name: 'Nilufar', last_name: 'Azimova' },
  },

  doctor: {
    id: doctorName.id,
    username: 'demo.doctor',
    name: doctorName,
    brief: { ...doctorName, specialization },
    specialization,
    experience_years: 12,
    gender: 'male' as const,
    phone: '+998935554433',
  },

  specialization: {
    id: 1,
    name: specialization,
    names: { uz: specialization, ru: 'Кардиолог', en: 'Cardiologist' },
  },

  /** The same once more, by mistake. */
  duplicateSpecialization: { id: 2, name: 'Yurak shifokori' },

  /** Their phone is confirmed, their email is not. */
  patient: {
    id: patientName.id,
    username: 'demo.patient',
    name: patientName,
    brief: { ...patientName, phone },
    phone,
    email: 'aziza@example.uz',
    date_of_birth: '1990-05-17',
    gender: 'female' as const,
  },

  /** Of the demo patient, who books for her. */
  child: {
    id: 9,
    name: { id: 9, first_name: 'Madina', last_name: 'Karimova' },
    date_of_birth: '2019-08-20',
    gender: 'female' as const,
  },

  /** Another doctor of the same specialization, one who waits for an admin's approval, and a patient without visits. */
  colleague: { id: 25 },
  newcomer: { id: 28, username: 'komila.rasulova', first_name: 'Komila', last_name: 'Rasulova' },
  leaver: { id: 11 },

  /** What the demo doctor gives: an examination of two slots that needs a room, and a consultation. Nobody gives the third. */
  services: { examination: { id: 1 }, consultation: { id: 2 }, unused: { id: 3 } },
  ultrasound: { room: 21, kind: 'ultrasound' },
  /** Without a sign-in: registered at the desk, once more by mistake, and a child. */
  deskPatient: {
    name: { id: 120, first_name: 'Nilufar', last_name: 'Ergasheva' },
    phone: '+998931112233',
    date_of_birth: '1958-11-20',
  },
  duplicate: { id: 121 },
  deskChild: { id: 122 },

  /** Of a web page. */
  apiKey: { id: 1, user: 123, name: 'Website' },

  /** The day of the slots below, a Tuesday. All are the demo doctor's. */
  day: '2028-03-14',
  slots: {
    /** Held by `visit`. */
    booked: { id: 430, start_time: '09:30', end_time: '10:00' },
    free: { id: 431, start_time: '10:00', end_time: '10:30' },
    toHold: { id: 432, start_time: '10:30', end_time: '11:00' },
    toMoveTo: { id: 433, start_time: '15:00', end_time: '15:30' },
    toWithdraw: { id: 434, start_time: '15:30', end_time: '16:00' },
    /** Each kept for a wish of the demo patient. */
    toAccept: { id: 435, start_time: '16:00', end_time: '16:30' },
    toDecline: { id: 436, start_time: '16:30', end_time: '17:00' },
  },

  /** Of the demo patient with the demo doctor: one that waits for an answer, one that was yesterday and is not marked. */
  visit: { id: 9001 },
  pastVisit: { id: 9002, timeslot: 437, start_time: '18:00', end_time: '18:30' },

  /** What the demo patient waits for: the colleague, and two wishes to which a slot is offered. */
  wishes: { waiting: { id: 61 }, toAccept: { id: 62 }, toDecline: { id: 63 } },

  /** The demo doctor's. */
  absence: { id: 5, from: '2028-07-03', to: '2028-07-14' },
  holiday: { id: 3, date: '2028-03-21', name: 'Navroʻz' },

  /** The demo patient's: another sign-in, something unread, and a message that could not be sent. */
  session: { id: 31 },
  notification: { id: 88 },
  message: { id: 512 },
  feed: { id: 1 },
  webhook: { id: 1 },
  delivery: { id: 1 },
};
