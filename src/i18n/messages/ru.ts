import type { DateParts, MessageTexts } from './texts.ts';

const MONTHS = [
  'января',
  'февраля',
  'марта',
  'апреля',
  'мая',
  'июня',
  'июля',
  'августа',
  'сентября',
  'октября',
  'ноября',
  'декабря',
];
const WEEKDAYS = ['воскресенье', 'понедельник', 'вторник', 'среда', 'четверг', 'пятница', 'суббота'];

const day = ({ day, month, year }: DateParts) => `${day} ${MONTHS[month]}${year ? ` ${year} г.` : ''}`;
const because = (reason: string | null) => (reason ? ` Причина: ${reason.replace(/[.\s]+$/, '')}.` : '');

// An SMS of more than 70 signs costs two; the texts below stay within one for usual names wherever they have no link.
export const ru: MessageTexts = {
  visit: {
    booked: {
      patient: ({ when, when_short, doctor, doctor_short }) => ({
        title: 'Вы записаны на приём',
        text: `Вы записаны на приём к врачу: ${doctor}, ${when}. Мы сообщим, когда врач подтвердит запись.`,
        sms: `Вы записаны: ${when_short}, врач ${doctor_short}. Ждите ответа.`,
      }),
      doctor: ({ when, when_short, patient, patient_short }) => ({
        title: 'К вам записались',
        text: `К вам на приём записан пациент: ${patient}, ${when}. Подтвердите или отклоните запись.`,
        sms: `К вам записались: ${when_short}, ${patient_short}. Ответьте.`,
      }),
    },
    confirmed: {
      patient: ({ when, when_short, doctor, doctor_short }) => ({
        title: 'Приём подтверждён',
        text: `Ваш приём подтверждён: ${when}, врач ${doctor}. Ждём вас.`,
        sms: `Приём подтверждён: ${when_short}, врач ${doctor_short}.`,
      }),
      doctor: ({ when, when_short, patient, patient_short }) => ({
        title: 'Новая подтверждённая запись',
        text: `К вам на приём записан пациент, запись подтверждена: ${patient}, ${when}.`,
        sms: `Новая запись: ${when_short}, ${patient_short}. Подтверждена.`,
      }),
    },
    unanswered: {
      doctor: ({ when, when_short, patient, patient_short }) => ({
        title: 'Запись ждёт вашего ответа',
        text: `Запись всё ещё ждёт вашего ответа: пациент ${patient}, ${when}. Подтвердите или отклоните её.`,
        sms: `Запись ждёт ответа: ${when_short}, ${patient_short}.`,
      }),
    },
    declined: {
      patient: ({ when, when_short, doctor, doctor_short, reason }) => ({
        title: 'Запись отклонена',
        text: `Врач ${doctor} не сможет вас принять: ${when}.${because(reason)} Вы можете выбрать другое время.`,
        sms: `Запись отклонена: ${when_short}, врач ${doctor_short}.`,
      }),
    },
    expired: {
      patient: ({ when, when_short, doctor }) => ({
        title: 'На вашу запись не ответили',
        text: `Приносим извинения: врач не успел ответить на вашу запись, и она больше не действует: ${doctor}, ${when}. Выберите, пожалуйста, другое время или позвоните в клинику.`,
        sms: `Запись ${when_short} не подтвердили. Выберите другое время.`,
      }),
      doctor: ({ when, when_short, patient, patient_short }) => ({
        title: 'Запись осталась без ответа',
        text: `Запись не была ни подтверждена, ни отклонена и больше не действует: пациент ${patient}, ${when}. Пациенту об этом сообщили.`,
        sms: `Запись без ответа закрыта: ${when_short}, ${patient_short}.`,
      }),
    },
    cancelled: {
      patient: ({ when, when_short, doctor, doctor_short, reason }) => ({
        title: 'Приём отменён',
        text: `Клиника отменила ваш приём: ${when}, врач ${doctor}.${because(reason)} Вы можете выбрать другое время.`,
        sms: `Приём отменён: ${when_short}, врач ${doctor_short}.`,
      }),
      doctor: ({ when, when_short, patient, patient_short, reason }) => ({
        title: 'Приём отменён',
        text: `Приём отменён: ${when}, пациент ${patient}.${because(reason)} Это время снова свободно.`,
        sms: `Приём отменён: ${when_short}, пациент ${patient_short}.`,
      }),
    },
    moved: {
      patient: ({ when, when_short, from, from_short, doctor, doctor_short, pending }) => ({
        title: 'Приём перенесён',
        text: `Ваш приём у врача перенесён: ${doctor}, ${when} вместо ${from}.${pending ? ' Мы сообщим, когда врач подтвердит запись.' : ''}`,
        sms: pending
          ? `Перенос: ${when_short} (был ${from_short}). Ждите ответа.`
          : `Перенос: ${when_short} (был ${from_short}), врач ${doctor_short}.`,
      }),
      doctor: ({ when, when_short, from, from_short, patient, patient_short, pending }) => ({
        title: 'Приём перенесён',
        text: `Приём перенесён: пациент ${patient}, ${when} вместо ${from}.${pending ? ' Подтвердите или отклоните запись.' : ''}`,
        sms: `Перенос: ${when_short} (был ${from_short}), ${patient_short}.`,
      }),
    },
    absence: {
      patient: ({ when, when_short, doctor, alternatives, nearest }) => ({
        title: 'Врач отсутствует',
        text: `Врача ${doctor} не будет, ваш приём отменён: ${when}. Приносим извинения.${alternatives.length > 0 ? ` Вместо этого можно прийти: ${alternatives.join('; ')}.` : ''} Вы можете выбрать другое время.`,
        sms: `Приём ${when_short} отменён: врача нет.${nearest ? ` Есть ${nearest}` : ''}`,
      }),
    },
    closed: {
      patient: ({ when, when_short, doctor, alternatives, nearest }) => ({
        title: 'В этот день клиника закрыта',
        text: `В этот день клиника не работает, ваш приём отменён: ${when}, врач ${doctor}. Приносим извинения.${alternatives.length > 0 ? ` Вместо этого можно прийти: ${alternatives.join('; ')}.` : ''} Вы можете выбрать другое время.`,
        sms: `Приём ${when_short} отменён: выходной.${nearest ? ` Есть ${nearest}` : ''}`,
      }),
    },
    waitlist_offer: {
      patient: ({ when, when_short, doctor, doctor_short, until }) => ({
        title: 'Для вас есть время',
        text: `Освободилось время, которого вы ждёте: ${when}, врач ${doctor}. Оно закреплено за вами до ${until}. Примите предложение в приложении или откажитесь, и его получит следующий.`,
        sms: `Есть ${when_short}, ${doctor_short}. Ответьте в приложении до ${until}.`,
      }),
    },
    waitlist_lapsed: {
      patient: ({ when, when_short, doctor }) => ({
        title: 'Предложение больше не действует',
        text: `Предложение больше не действует: ${when}, врач ${doctor}. Ваше место в очереди сохранено.`,
        sms: `Предложение ${when_short} не действует. Вы ещё в очереди.`,
      }),
    },
    reminder: {
      patient: ({ when, when_short, doctor, doctor_short, pending }) =>
        pending
          ? {
              title: 'Напоминание о записи',
              text: `Напоминаем: вы просили записать вас к врачу: ${doctor}, ${when}. Врач ещё не подтвердил запись. Мы сообщим, когда он ответит.`,
              sms: `Ещё не подтверждено: ${when_short}, врач ${doctor_short}.`,
            }
          : {
              title: 'Напоминание о приёме',
              text: `Напоминаем: вы записаны к врачу: ${doctor}, ${when}.`,
              sms: `Приём ${when_short}, врач ${doctor_short}.`,
            },
    },
    confirmed_coming: {
      doctor: ({ when, when_short, patient, patient_short }) => ({
        title: 'Пациент придёт',
        text: `Пациент подтвердил, что придёт: ${patient}, ${when}.`,
        sms: `Пациент придёт: ${patient_short}, ${when_short}.`,
      }),
    },
  },
  account: {
    new_sign_in: ({ when, device }) => ({
      title: 'Вход с нового устройства',
      text: `В вашу учётную запись вошли с нового устройства: ${when}${device ? `, ${device}` : ''}. Если это не вы, смените пароль и завершите чужие сеансы.`,
      sms: `Вход с нового устройства ${when}. Не вы? Смените пароль.`,
    }),
    password_changed: ({ when }) => ({
      title: 'Пароль изменён',
      text: `Пароль вашей учётной записи изменён: ${when}. Если это не вы, восстановите пароль и сообщите клинике.`,
      sms: `Ваш пароль изменён ${when}. Не вы? Восстановите его.`,
    }),
    doctor_approved: () => ({
      title: 'Учётная запись подтверждена',
      text: 'Клиника подтвердила вашу учётную запись врача: теперь пациенты найдут вас и смогут записаться.',
      sms: 'Клиника подтвердила вашу учётную запись: пациенты могут записаться.',
    }),
  },
  code: {
    verify_phone: (code, minutes) => ({
      title: 'Код подтверждения телефона',
      text: `Код подтверждения телефона: ${code}. Он действует ${minutes} минут. Никому его не сообщайте.`,
      sms: `Код для телефона: ${code}, на ${minutes} мин. Никому не сообщайте.`,
    }),
    verify_email: (code, minutes) => ({
      title: 'Код подтверждения почты',
      text: `Код подтверждения почты: ${code}. Он действует ${minutes} минут. Никому его не сообщайте.`,
      sms: `Код для почты: ${code}, на ${minutes} мин. Никому не сообщайте.`,
    }),
    reset_password: (code, minutes) => ({
      title: 'Код восстановления пароля',
      text: `Код восстановления пароля: ${code}. Он действует ${minutes} минут. Никому его не сообщайте; если вы его не просили, не обращайте внимания.`,
      sms: `Код для пароля: ${code}, на ${minutes} мин. Никому не сообщайте.`,
    }),
  },
  dates: {
    long: (date) => `${WEEKDAYS[date.weekday]}, ${day(date)}`,
    short: day,
    at: (date, time) => `${date}, ${time}`,
    at_short: (date, time) => `${date} ${time}`,
  },
  nobody: { doctor: '(имя не указано)', patient: '(имя не указано)' },
  account_deleted: 'учётная запись удалена',
  account_closed: 'учётная запись закрыта',
  doctor_absent: 'врач отсутствует',
  clinic_closed: 'в этот день клиника не работает',
  links: {
    coming: 'Подтвердить, что приду',
    coming_pending: 'Запись мне ещё нужна',
    cancel: 'Отменить приём',
    answer: 'Придёте?',
    answer_pending: 'Ещё нужно?',
  },
  footer: 'Это сообщение — о записи на приём, а не медицинская консультация. Не отвечайте на него.',
  page: {
    title: 'Приём у врача',
    ask_coming: 'Вы придёте на приём?',
    ask_coming_pending: 'Вам ещё нужна эта запись?',
    ask_cancel: 'Отменить приём?',
    yes: 'Да, приду',
    yes_pending: 'Да, ещё нужна',
    cancel: 'Отменить приём',
    doctor: 'врач',
    pending: 'Врач ещё не подтвердил эту запись. Мы сообщим, когда он ответит.',
    coming: 'Спасибо! Вы подтвердили, что придёте. Ждём вас.',
    coming_pending: 'Спасибо! Мы знаем, что вы можете прийти в это время.',
    cancelled: 'Приём отменён. Вы можете выбрать другое время.',
    too_late: 'Отменить приём здесь уже поздно. Пожалуйста, позвоните в клинику.',
    over: 'Срок действия этой ссылки истёк.',
    unknown: 'Такой ссылки нет, или она скопирована не полностью.',
    failed: 'Сейчас не получилось. Попробуйте ещё раз чуть позже.',
    footer: 'Этот сервис — о записи на приём; медицинских консультаций он не даёт.',
  },
  bot: {
    linked:
      'Готово! Теперь сообщения клиники будут приходить сюда.\n/my — ваши ближайшие приёмы\n/stop — больше не присылать\n\nЭтот бот не даёт медицинских консультаций.',
    expired: 'Срок действия этой ссылки истёк. Получите новую в приложении.',
    help: '/my — ваши ближайшие приёмы\n/stop — больше не присылать',
    not_linked:
      'Этот чат ещё не связан с вашей учётной записью. Выберите в приложении «Подключить Telegram».',
    unlinked:
      'Чат отключён: сообщений здесь больше не будет. Чтобы подключить снова, получите ссылку в приложении.',
    visits: 'Ваши ближайшие приёмы:',
    no_visits: 'Ближайших приёмов нет.',
    pending: 'ещё не подтверждён',
  },
};
