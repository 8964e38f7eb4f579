import { z } from 'zod';
import type { Delivery } from './delivery/delivery.service.ts';
import {
  appointmentEvent,
  changedHours,
  doctorReminder,
  offerEvent,
  patientReminder,
} from './occasions/occasions.schemas.ts';
import type { Occasions } from './occasions/occasions.service.ts';
import type { Reminders } from './occasions/reminders.service.ts';

interface JobsDependencies {
  occasions: Occasions;
  reminders: Reminders;
  delivery: Delivery;
  tidy: () => Promise<void>;
}

const queuedMessage = z.object({ message: z.int() });

/** What this module does in the background, by the names that stand in the queue; `repeated` by the clock of UTC. */
export const jobsOf = ({ occasions, reminders, delivery, tidy }: JobsDependencies) => ({
  tasks: {
    appointment_event: async (payload: unknown) => occasions.onAppointment(appointmentEvent.parse(payload)),
    waitlist_event: async (payload: unknown) => occasions.onOffer(offerEvent.parse(payload)),
    remind: async (payload: unknown) => reminders.remind(patientReminder.parse(payload)),
    remind_doctor: async (payload: unknown) => reminders.remindDoctor(doctorReminder.parse(payload)),
    plan_reminders: async (payload: unknown) => reminders.planAnew(changedHours.parse(payload).person),
    send_message: async (payload: unknown) => delivery.send(queuedMessage.parse(payload).message),
    tidy_messages: tidy,
  },
  repeated: [{ task: 'tidy_messages', match: '*/10 * * * *' }],
});
