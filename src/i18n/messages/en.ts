import { STOP_HOURS } from '../../core/messages.ts';
import { changedHands } from './changed-hands.ts';
import { identityLinked } from './identity-linked.ts';
import type { DateParts, MessageTexts } from './texts.ts';
import { twoStepChanged } from './two-step.ts';

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

const day = ({ day, month, year }: DateParts) => `${day} ${MONTHS[month]}${year ? ` ${year}` : ''}`;
const because = (reason: string | null) => (reason ? ` Reason: ${reason.replace(/[.\s]+$/, '')}.` : '');

export const en: MessageTexts = {
  visit: {
    booked: {
      patient: ({ when, when_short, doctor, doctor_short }) => ({
        title: 'Your appointment is booked',
        text: `You have booked an appointment with Dr ${doctor}: ${when}. We will tell you when the doctor confirms it.`,
        sms: `Appointment booked: ${when_short}, Dr ${doctor_short}. We will tell you when it is confirmed.`,
      }),
      doctor: ({ when, when_short, patient, patient_short }) => ({
        title: 'A new booking',
        text: `A patient has booked an appointment with you: ${patient}, ${when}. Please confirm or decline it.`,
        sms: `New booking: ${when_short}, ${patient_short}. Please confirm or decline it.`,
      }),
    },
    confirmed: {
      patient: ({ when, when_short, doctor, doctor_short }) => ({
        title: 'Your appointment is confirmed',
        text: `Your appointment is confirmed: ${when}, Dr ${doctor}. See you then.`,
        sms: `Appointment confirmed: ${when_short}, Dr ${doctor_short}. See you then.`,
      }),
      doctor: ({ when, when_short, patient, patient_short }) => ({
        title: 'A new booking, confirmed',
        text: `A patient has booked an appointment with you, and it is confirmed: ${patient}, ${when}.`,
        sms: `New booking, confirmed: ${when_short}, ${patient_short}.`,
      }),
    },
    unanswered: {
      doctor: ({ when, when_short, patient, patient_short }) => ({
        title: 'A booking waits for your answer',
        text: `A booking still waits for your answer: ${patient}, ${when}. Please confirm or decline it.`,
        sms: `Still waiting for your answer: ${when_short}, ${patient_short}. Please confirm or decline.`,
      }),
    },
    declined: {
      patient: ({ when, when_short, doctor, doctor_short, reason }) => ({
        title: 'Your booking was declined',
        text: `Dr ${doctor} cannot see you on ${when}.${because(reason)} You are welcome to choose another time.`,
        sms: `Dr ${doctor_short} cannot see you on ${when_short}. You are welcome to choose another time.`,
      }),
    },
    expired: {
      patient: ({ when, when_short, doctor, doctor_short }) => ({
        title: 'Your request was not answered',
        text: `We are sorry: your request for an appointment was not answered in time, and it has ended: ${when}, Dr ${doctor}. Please choose another time, or call the clinic.`,
        sms: `Sorry, your request was not answered in time: ${when_short}, Dr ${doctor_short}. Please choose another time.`,
      }),
      doctor: ({ when, when_short, patient, patient_short }) => ({
        title: 'A request has ended unanswered',
        text: `A booking was neither confirmed nor declined, and it has ended: ${patient}, ${when}. The patient has been told.`,
        sms: `A booking has ended unanswered: ${when_short}, ${patient_short}.`,
      }),
    },
    cancelled: {
      patient: ({ when, when_short, doctor, doctor_short, reason, by_family }) => ({
        title: 'Your appointment is cancelled',
        text: `${by_family ? 'The appointment is cancelled' : 'The clinic has cancelled your appointment'}: ${when}, Dr ${doctor}.${because(reason)} You are welcome to choose another time.`,
        sms: `Appointment cancelled: ${when_short}, Dr ${doctor_short}. You are welcome to choose another time.`,
      }),
      doctor: ({ when, when_short, patient, patient_short, reason, is_free }) => ({
        title: 'An appointment is cancelled',
        text: `An appointment is cancelled: ${when}, ${patient}.${because(reason)}${is_free ? ' The time is free again.' : ''}`,
        sms: `Appointment cancelled: ${when_short}, ${patient_short}.${is_free ? ' The time is free again.' : ''}`,
      }),
    },
    moved: {
      patient: ({ when, when_short, from, from_short, doctor, doctor_short, pending }) => ({
        title: 'Your appointment has been moved',
        text: `Your appointment with Dr ${doctor} has been moved: ${when}, instead of ${from}.${pending ? ' We will tell you when the doctor confirms it.' : ''}`,
        sms: `Appointment moved: ${when_short}, instead of ${from_short}, Dr ${doctor_short}.${pending ? ' Not confirmed yet.' : ''}`,
      }),
      doctor: ({ when, when_short, from, from_short, patient, patient_short, pending }) => ({
        title: 'An appointment has been moved',
        text: `An appointment has been moved: ${patient}, ${when}, instead of ${from}.${pending ? ' Please confirm or decline it.' : ''}`,
        sms: `Appointment moved: ${when_short}, instead of ${from_short}, ${patient_short}.`,
      }),
    },
    absence: {
      patient: ({ when, when_short, doctor, doctor_short, alternatives, nearest }) => ({
        title: 'Your doctor is away',
        text: `Dr ${doctor} is away, and your appointment is cancelled: ${when}. We are sorry.${alternatives.length > 0 ? ` You could come instead: ${alternatives.join('; ')}.` : ''} You are welcome to choose another time.`,
        sms: `Dr ${doctor_short} is away: your appointment ${when_short} is cancelled.${nearest ? ` Free: ${nearest}.` : ''}`,
      }),
    },
    closed: {
      patient: ({ when, when_short, doctor, alternatives, nearest }) => ({
        title: 'The clinic is closed that day',
        text: `The clinic is closed that day, and your appointment with Dr ${doctor} is cancelled: ${when}. We are sorry.${alternatives.length > 0 ? ` You could come instead: ${alternatives.join('; ')}.` : ''} You are welcome to choose another time.`,
        sms: `The clinic is closed: your appointment ${when_short} is cancelled.${nearest ? ` Free: ${nearest}.` : ''}`,
      }),
    },
    waitlist_offer: {
      patient: ({ when, when_short, doctor, doctor_short, until }) => ({
        title: 'A time is free for you',
        text: `What you are waiting for is free: ${when}, Dr ${doctor}. It is kept for you until ${until}. Accept it in the app, or decline it, and it goes to the next.`,
        sms: `A time is free: ${when_short}, Dr ${doctor_short}. Accept it in the app by ${until}.`,
      }),
    },
    waitlist_lapsed: {
      patient: ({ when, when_short, doctor, doctor_short }) => ({
        title: 'The offer is over',
        text: `This offer is over: ${when}, Dr ${doctor}. You keep your place on the waiting list.`,
        sms: `This offer is over: ${when_short}, Dr ${doctor_short}. You keep your place on the waiting list.`,
      }),
    },
    ...changedHands.en,
    reminder: {
      patient: ({ when, when_short, doctor, doctor_short, pending }) =>
        pending
          ? {
              title: 'Your request for an appointment',
              text: `A reminder: you have asked for an appointment with Dr ${doctor}: ${when}. The doctor has not confirmed it yet. We will tell you when that is done.`,
              sms: `Not confirmed yet: ${when_short}, Dr ${doctor_short}.`,
            }
          : {
              title: 'Your appointment',
              text: `A reminder: you have an appointment with Dr ${doctor}: ${when}.`,
              sms: `Reminder: ${when_short}, Dr ${doctor_short}.`,
            },
    },
    confirmed_coming: {
      doctor: ({ when, when_short, patient, patient_short }) => ({
        title: 'The patient is coming',
        text: `The patient has confirmed that they are coming: ${patient}, ${when}.`,
        sms: `${patient_short} has confirmed coming: ${when_short}.`,
      }),
    },
  },
  account: {
    new_sign_in: ({ when, device }) => ({
      title: 'A sign-in from a new device',
      text: `Somebody signed in to your account from a new device: ${when}${device ? `, ${device}` : ''}. If it was not you, change your password and end the other sessions.`,
      sms: `A sign-in to your account from a new device: ${when}. Not you? Change your password.`,
    }),
    password_changed: ({ when }) => ({
      title: 'Your password was changed',
      text: `The password of your account was changed: ${when}. If it was not you, reset the password and tell the clinic.`,
      sms: `The password of your account was changed: ${when}. Not you? Reset it.`,
    }),
    doctor_approved: () => ({
      title: 'Your account is approved',
      text: 'The clinic has approved your account as a doctor: patients can find you and book from now on.',
      sms: 'The clinic has approved your account: patients can book with you from now on.',
    }),
    contact_changed: ({ when, contact, added }) => {
      const what = `${contact === 'phone' ? 'A phone' : 'An email address'} was ${added ? 'added to your account' : 'put in place of the one in your account'}`;
      return {
        title: added ? 'A contact was added to your account' : 'A contact of your account was replaced',
        text: `${what}: ${when}. If it was not you, follow the link that was sent to the contact you had before, within ${STOP_HOURS} hours, or tell the clinic at once.`,
        sms: `${contact === 'phone' ? 'A new phone' : 'A new email'} in your account: ${when}. Not you? Tell the clinic at once.`,
      };
    },
    telegram_linked: ({ when }) => ({
      title: 'A Telegram chat was linked',
      text: `A Telegram chat was linked to your account: ${when}. Messages about your visits go there from now on. If it was not you, unlink it in the app and change your password.`,
      sms: `A Telegram chat was linked to your account: ${when}. Not you? Unlink it and change your password.`,
    }),
    two_step_changed: twoStepChanged('en'),
    identity_linked: identityLinked('en'),
    nothing_confirmed: () => ({
      title: 'Please confirm your phone or email',
      text: 'No phone and no email of your account is confirmed: if you forget your password, nobody can send you a code, and reminders reach you here only. Please confirm one in the app, or ask at the clinic’s desk.',
      sms: 'Please confirm your phone or email in the app, so that you can get a new password.',
    }),
    record_merged: () => ({
      title: 'Your two records are one now',
      text: 'You were registered at the clinic twice. Your visits, your waiting list and your family are now in one record. If something is missing, or is not yours, please tell the clinic’s desk.',
      sms: 'You were registered twice; your visits are now in one record. Something missing? Please tell the clinic.',
    }),
    guardianship_ends: ({ person, day, day_short }) => ({
      title: person ? `${person} will be 18`.slice(0, 100) : 'You will be 18',
      text: person
        ? `${person} will be 18: ${day}. From that day on they book for themselves with an account of their own, and you are told of their visits no more. What is booked already stays.`
        : `You will be 18: ${day}. From that day on you book for yourself: please open an account of your own. What is booked already stays.`,
      sms: person
        ? `${person} will be 18 on ${day_short} and books with an account of their own from then on.`
        : `You will be 18 on ${day_short}: please open an account of your own to book from then on.`,
    }),
    webhook_off: () => ({
      title: 'A webhook was switched off',
      text: 'Nothing has reached an endpoint of a webhook for days, or it wants no more, so it was switched off. An admin can switch it on again, and have what it missed sent anew.',
      sms: 'A webhook was switched off: nothing reaches it.',
    }),
    code_ceiling: ({ full }) => ({
      title: full ? 'No more codes by SMS today' : 'Many codes by SMS today',
      text: `${full ? 'Today’s ceiling of codes by SMS is reached: no more are sent until midnight.' : 'Four fifths of today’s ceiling of codes by SMS are used up.'} If you do not expect so many, somebody may be asking for them on purpose: look at the messages that were sent. SMS_CODES_PER_DAY sets the ceiling.`,
      sms: full
        ? 'Today’s ceiling of codes by SMS is reached: no more are sent until midnight.'
        : 'Four fifths of today’s ceiling of codes by SMS are used up.',
    }),
    backup_failed: ({ rehearsal, unarchived }) =>
      unarchived
        ? {
            title: 'The database’s log is not archived',
            text: 'There are backups, but what comes after one is not kept: were the database lost, so would be all that was booked since. The log of the server says what is missing, and docs/operations.md what to do.',
            sms: 'The database’s log is not archived. See the server’s log.',
          }
        : {
            title: rehearsal ? 'The rehearsal of the backup failed' : 'The backup failed',
            text: rehearsal
              ? 'The newest backup could not be restored whole. Until that is mended the clinic may have none: the log of the server says why, and docs/operations.md what to do.'
              : 'Last night’s backup was not made. The log of the server says why, and docs/operations.md what to do.',
            sms: rehearsal
              ? 'The newest backup could not be restored whole. See the server’s log.'
              : 'Last night’s backup was not made. See the server’s log.',
          },
  },
  code: {
    verify_phone: (code, minutes) => ({
      title: 'Your code to confirm the phone',
      text: `Your code to confirm this phone: ${code}. It is valid for ${minutes} minutes. Tell it to nobody.`,
      sms: `Your code to confirm this phone: ${code}. Valid for ${minutes} minutes. Tell it to nobody.`,
    }),
    verify_email: (code, minutes) => ({
      title: 'Your code to confirm the email',
      text: `Your code to confirm this email address: ${code}. It is valid for ${minutes} minutes. Tell it to nobody.`,
      sms: `Your code to confirm the email: ${code}. Valid for ${minutes} minutes. Tell it to nobody.`,
    }),
    reset_password: (code, minutes) => ({
      title: 'Your code for a new password',
      text: `Your code for a new password: ${code}. It is valid for ${minutes} minutes. Tell it to nobody; if you did not ask for it, leave it.`,
      sms: `Your code for a new password: ${code}. Valid for ${minutes} minutes. Tell it to nobody.`,
    }),
    prove_phone: (code, minutes) => ({
      title: 'Your code to change your account',
      text: `Your code to change the contacts of your account: ${code}. It is valid for ${minutes} minutes. Tell it to nobody; if you did not ask for it, change your password.`,
      sms: `Your code to change your account: ${code}. Valid for ${minutes} minutes. Tell it to nobody.`,
    }),
    prove_email: (code, minutes) => ({
      title: 'Your code to change your account',
      text: `Your code to change the contacts of your account: ${code}. It is valid for ${minutes} minutes. Tell it to nobody; if you did not ask for it, change your password.`,
      sms: `Your code to change your account: ${code}. Valid for ${minutes} minutes. Tell it to nobody.`,
    }),
    reach_phone: (code, minutes) => ({
      title: 'Your code for the reception',
      text: `Your code for the clinic’s reception: ${code}. Read it out to whoever serves you. It is valid for ${minutes} minutes.`,
      sms: `Your code for the clinic’s reception: ${code}. Valid for ${minutes} minutes.`,
    }),
    claim_record: (code, minutes) => ({
      title: 'Your code to open an account',
      text: `Your code to open your own account at the clinic: ${code}. It is valid for ${minutes} minutes. Tell it to nobody; if you did not ask for it, leave it.`,
      sms: `Your code to open your account: ${code}. Valid for ${minutes} minutes. Tell it to nobody.`,
    }),
  },
  dates: {
    long: (date) => `${WEEKDAYS[date.weekday]} ${day(date)}`,
    short: day,
    at: (date, time) => `${date}, ${time}`,
    at_short: (date, time) => `${date} ${time}`,
  },
  whose: (name) => `For ${name}:`,
  nobody: { doctor: '(no name given)', patient: '(no name given)' },
  account_deleted: 'the account was deleted',
  account_closed: 'the account was closed',
  doctor_absent: 'the doctor is away',
  clinic_closed: 'the clinic is closed that day',
  links: {
    coming: 'Confirm that I come',
    coming_pending: 'I still want this appointment',
    cancel: 'Cancel the appointment',
    answer: 'Coming?',
    answer_pending: 'Still wanted?',
    stop: 'It was not me: take it back',
    stop_short: 'Stop it:',
  },
  footer: 'This message is about an appointment; it is no medical advice. Please do not reply to it.',
  page: {
    title: 'Your appointment',
    ask_coming: 'Will you come to your appointment?',
    ask_coming_pending: 'Do you still want this appointment?',
    ask_cancel: 'Cancel this appointment?',
    yes: 'Yes, I will come',
    yes_pending: 'Yes, I still want it',
    cancel: 'Cancel the appointment',
    doctor: 'Dr',
    pending: 'The doctor has not confirmed this appointment yet. We will tell you when that is done.',
    coming: 'Thank you! You have confirmed that you come. See you then.',
    coming_pending: 'Thank you! We know that you can come at this time.',
    cancelled: 'The appointment is cancelled. You are welcome to choose another time.',
    too_late: 'It is too late to cancel here. Please call the clinic.',
    over: 'This link has expired.',
    unknown: 'There is no such link, or it was not copied whole.',
    failed: 'That did not work just now. Please try again shortly.',
    footer: 'This service arranges visits; it gives no medical advice.',
  },
  undo_page: {
    title: 'Your account',
    ask: {
      phone: 'Take back the change of your phone?',
      email: 'Take back the change of your email address?',
    },
    explain:
      'The contact you had before will stand in your account again, everybody is signed out, and a new password has to be set with “Forgot password”.',
    yes: 'It was not me: take it back',
    done: 'Done: your contact is back and everybody is signed out. Now set a new password with “Forgot password” in the app.',
    over: 'This link has expired, or has been used. If you still need help, please tell the clinic.',
    taken: 'Another account has confirmed this contact meanwhile. Please tell the clinic at once.',
    footer: 'This page is about your account at the clinic.',
  },
  bot: {
    linked:
      'Done! The clinic’s messages will come here from now on.\n/my — your next visits\n/stop — no more messages\n\nThis bot gives no medical advice.',
    expired: 'This link has expired. Please get a new one in the app.',
    help: '/my — your next visits\n/stop — no more messages',
    not_linked: 'This chat is not linked to your account yet. Choose “Link Telegram” in the app.',
    unlinked: 'Unlinked: no more messages will come here. To link it again, get a new link in the app.',
    visits: 'Your next visits:',
    no_visits: 'You have no visits ahead.',
    pending: 'not confirmed yet',
  },
  calendar: {
    visits: 'My appointments',
    day: 'My day at the clinic',
    with_doctor: (doctor) => `Appointment with Dr ${doctor}`,
    pending: 'not confirmed yet',
    cancelled: 'cancelled',
  },
};
