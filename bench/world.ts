/** The worlds that are measured: how large they are, and which slot, visit and patient stands where. All by arithmetic,
 * so that the loader, the load and the checks agree without asking the database. */

export interface Size {
  name: 'toy' | 'small' | 'large';
  doctors: number;
  patients: number;
  past_days: number;
  /** Appointments on days gone by; on those ahead every fourth slot is booked. */
  past_appointments: number;
}

/** A day has 16 slots of half an hour from 09:00; slots are published 50 days ahead. */
export const PER_DAY = 16;
export const DAYS_AHEAD = 50;
const BOOKED_AHEAD = 4;

export const sizes = {
  toy: { name: 'toy', doctors: 4, patients: 400, past_days: 2, past_appointments: 96 },
  // 192,000 slots, 64,000 appointments
  small: { name: 'small', doctors: 200, patients: 20_000, past_days: 10, past_appointments: 24_000 },
  // 20,000,000 slots, 10,000,000 appointments: as many ahead for each doctor as in the small one
  large: { name: 'large', doctors: 2_000, patients: 1_000_000, past_days: 575, past_appointments: 9_600_000 },
} as const satisfies Record<string, Size>;

/** Receptionists of every branch: whoever works at a desk hears of every visit on a live stream. */
export const STAFF = 500;

/** A slot by its place: the day from the world's first one, the doctor from 0, and its number on that day. */
export interface Place {
  day: number;
  doctor: number;
  slot: number;
}

/** Prime to every number of patients, so that a patient's visits are spread over doctors and days. */
const STRIDE = 7_919;

export type World = ReturnType<typeof createWorld>;

/** @param first_day YYYY-MM-DD, the first day that has slots; what is ahead begins `past_days` later */
export function createWorld(size: Size, first_day: string) {
  const { doctors, patients, past_days, past_appointments } = size;
  const staff_from = doctors + patients + 1;
  const days = past_days + DAYS_AHEAD;
  const past_slots = past_days * PER_DAY * doctors;
  const starts = Array.from({ length: PER_DAY + 1 }, (_, slot) => {
    const minutes = 9 * 60 + slot * 30;
    return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
  });
  const dates = Array.from({ length: days }, (_, day) =>
    new Date(Date.parse(first_day) + day * 86_400_000).toISOString().slice(0, 10),
  );
  const moment = ({ day, slot }: Place) => day * PER_DAY + slot;
  /** How many visits the first `slots` slots of the past hold: spread as evenly as whole numbers allow. */
  const visitsBefore = (slots: number) => Math.floor((slots * past_appointments) / past_slots);

  return {
    size,
    days,
    slots: days * PER_DAY * doctors,
    appointments: past_appointments + (DAYS_AHEAD * PER_DAY * doctors) / BOOKED_AHEAD,
    dateOf: (day: number) => dates[day] ?? '',
    timesOf: (slot: number) => ({ start: starts[slot] ?? '', end: starts[slot + 1] ?? '' }),
    /** The first day from `today` on that lies wholly ahead. */
    firstDayAfter: (today: string) => dates.findIndex((date) => date > today),

    doctorId: (doctor: number) => doctor + 1,
    patientId: (patient: number) => doctors + 1 + (patient % patients),
    staffId: (nth: number) => staff_from + nth,
    /** How many there are, and as many sessions. */
    people: doctors + patients + STAFF,
    /** The service that a doctor gives, if they do: every fourth one, in one of eight rooms (loader.ts). */
    serviceOf: (doctor: number) => ((doctor + 1) % 4 === 0 ? 1 + Math.floor(doctor / 32) : undefined),
    /** A doctor's day lies together, as it is published. */
    slotId: ({ day, doctor, slot }: Place) => (day * doctors + doctor) * PER_DAY + slot + 1,
    /** Who has this slot, or may book it: nobody has two at one time, as there are more patients than doctors. */
    patientOf: (place: Place) =>
      doctors + 1 + (((moment(place) * doctors + place.doctor) * STRIDE) % patients),

    /** The id of the visit on a slot; undefined when it is free. */
    visitOn(place: Place): number | undefined {
      const at = moment(place);
      if (place.day < past_days) {
        // Turned a little at each moment: otherwise it would always be the same doctors who are booked.
        const nth = at * doctors + ((place.doctor + 7 * at) % doctors);
        return visitsBefore(nth + 1) > visitsBefore(nth) ? visitsBefore(nth + 1) : undefined;
      }
      if ((at + place.doctor) % BOOKED_AHEAD !== 0) return undefined;
      const before = ((at - past_days * PER_DAY) * doctors) / BOOKED_AHEAD;
      return past_appointments + before + Math.floor(place.doctor / BOOKED_AHEAD) + 1;
    },
  };
}
