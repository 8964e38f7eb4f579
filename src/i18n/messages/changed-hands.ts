import type { Locale } from '../../core/words.ts';
import type { MessageTexts } from './texts.ts';

type Kinds = 'called_off' | 'handed_over' | 'entered_by_mistake';

const reasonOf = (label: string, reason: string | null) =>
  reason ? ` ${label}: ${reason.replace(/[.\s]+$/, '')}.` : '';

/** What is told when a doctor calls off what was agreed, and when a visit changes hands, in each language. */
export const changedHands: Record<Locale, Pick<MessageTexts['visit'], Kinds>> = {
  uz: {
    called_off: {
      patient: ({ when, when_short, doctor, doctor_short, reason, alternatives, nearest }) => ({
        title: 'Shifokor qabulni bekor qildi',
        text: `Kechirasiz, shifokor ${doctor} sizni kelishilgan vaqtda qabul qila olmaydi: ${when}. Qabul bekor qilindi.${reasonOf('Sababi', reason)}${alternatives.length > 0 ? ` Boshqa boʻsh vaqtlar: ${alternatives.join('; ')}.` : ''} Boshqa vaqtni tanlashingiz mumkin.`,
        sms: `Shifokor ${doctor_short} qabulni bekor qildi: ${when_short}.${nearest ? ` Boʻsh vaqt: ${nearest}.` : ''}`,
      }),
    },
    handed_over: {
      doctor: ({ when, when_short, patient, patient_short, is_free }) => ({
        title: 'Qabul boshqa shifokorga oʻtkazildi',
        text: `Qabulingiz boshqa shifokorga oʻtkazildi: ${patient}, ${when}.${is_free ? ' Bu vaqt yana boʻsh.' : ''}`,
        sms: `Qabul boshqa shifokorga oʻtkazildi: ${when_short}, ${patient_short}.`,
      }),
    },
    entered_by_mistake: {
      patient: ({ when, when_short, doctor, doctor_short }) => ({
        title: 'Qabul sizniki emas ekan',
        text: `Bu qabul sizning nomingizga adashib yozilgan edi va tuzatildi: ${when}, shifokor ${doctor}. U endi sizniki emas. Savolingiz boʻlsa, klinikaga qoʻngʻiroq qiling.`,
        sms: `Adashib yozilgan qabul tuzatildi, u sizniki emas: ${when_short}, ${doctor_short}.`,
      }),
    },
  },
  ru: {
    called_off: {
      patient: ({ when, when_short, doctor, reason, alternatives, nearest }) => ({
        title: 'Врач отменил приём',
        text: `Просим прощения: врач ${doctor} не сможет принять вас в условленное время: ${when}. Приём отменён.${reasonOf('Причина', reason)}${alternatives.length > 0 ? ` Можно прийти в другое время: ${alternatives.join('; ')}.` : ''} Вы можете выбрать другое время.`,
        sms: `Врач отменил приём ${when_short}.${nearest ? ` Есть ${nearest}` : ''}`,
      }),
    },
    handed_over: {
      doctor: ({ when, when_short, patient, patient_short, is_free }) => ({
        title: 'Приём передан другому врачу',
        text: `Ваш приём передан другому врачу: ${patient}, ${when}.${is_free ? ' Это время снова свободно.' : ''}`,
        sms: `Приём передан другому врачу: ${when_short}, ${patient_short}.`,
      }),
    },
    entered_by_mistake: {
      patient: ({ when, when_short, doctor, doctor_short }) => ({
        title: 'Приём записан на вас по ошибке',
        text: `Этот приём был записан на вас по ошибке, и запись исправлена: ${when}, врач ${doctor}. Приходить не нужно. Если есть вопросы, позвоните в клинику.`,
        sms: `Запись на вас была ошибкой: ${when_short}, ${doctor_short}.`,
      }),
    },
  },
  en: {
    called_off: {
      patient: ({ when, when_short, doctor, doctor_short, reason, alternatives, nearest }) => ({
        title: 'Your doctor has cancelled your appointment',
        text: `We are sorry: Dr ${doctor} cannot see you as agreed on ${when}, and the appointment is cancelled.${reasonOf('Reason', reason)}${alternatives.length > 0 ? ` You could come instead: ${alternatives.join('; ')}.` : ''} You are welcome to choose another time.`,
        sms: `Dr ${doctor_short} has cancelled your appointment ${when_short}.${nearest ? ` Free: ${nearest}.` : ''}`,
      }),
    },
    handed_over: {
      doctor: ({ when, when_short, patient, patient_short, is_free }) => ({
        title: 'An appointment went to another doctor',
        text: `An appointment of yours was given to another doctor: ${patient}, ${when}.${is_free ? ' The time is free again.' : ''}`,
        sms: `An appointment went to another doctor: ${when_short}, ${patient_short}.`,
      }),
    },
    entered_by_mistake: {
      patient: ({ when, when_short, doctor, doctor_short }) => ({
        title: 'An appointment is not yours',
        text: `This appointment was entered for you by mistake, and that is corrected: ${when}, Dr ${doctor}. It is not yours; you need not come. If in doubt, please call the clinic.`,
        sms: `An appointment was entered for you by mistake and is taken back: ${when_short}, Dr ${doctor_short}.`,
      }),
    },
  },
};
