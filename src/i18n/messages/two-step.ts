import type { Locale } from '../../core/words.ts';
import type { AccountWords, Words } from './texts.ts';

type Told = Record<AccountWords['what'], (words: AccountWords) => Words>;

/** What is told when the second step of somebody's sign-in changes, in each language. */
const texts: Record<Locale, Told> = {
  uz: {
    on: ({ when }) => ({
      title: 'Ikki bosqichli kirish yoqildi',
      text: `Endi hisobingizga kirishda ilovadagi kod ham soʻraladi: ${when}. Bu siz boʻlmasangiz, parolni almashtiring va klinikaga murojaat qiling.`,
      sms: `Ikki bosqichli kirish yoqildi: ${when}. Siz emasmi? Klinikaga murojaat qiling.`,
    }),
    off: ({ when }) => ({
      title: 'Ikki bosqichli kirish oʻchirildi',
      text: `Endi hisobingizga kirishda ilovadagi kod soʻralmaydi: ${when}. Bu siz boʻlmasangiz, parolni almashtiring va uni qayta yoqing.`,
      sms: `Ikki bosqichli kirish oʻchirildi: ${when}. Siz emasmi? Parolni almashtiring.`,
    }),
    reset: ({ when }) => ({
      title: 'Ikki bosqichli kirishni administrator oʻchirdi',
      text: `Administrator hisobingizga ikki bosqichli kirishni oʻchirdi: ${when}. Buni siz soʻramagan boʻlsangiz, parolni almashtiring va klinikaga murojaat qiling.`,
      sms: `Administrator ikki bosqichli kirishni oʻchirdi: ${when}. Siz soʻramaganmisiz? Klinikaga ayting.`,
    }),
    recovery: ({ when, left }) => ({
      title: 'Zaxira kodi ishlatildi',
      text: `Hisobingizga kirishda zaxira kodi ishlatildi: ${when}. Qolgan kodlar: ${left}. Bu siz boʻlmasangiz, parolni almashtiring.`,
      sms: `Zaxira kodi ishlatildi: ${when}. Qoldi: ${left}. Siz emasmi? Parolni almashtiring.`,
    }),
  },
  ru: {
    on: ({ when }) => ({
      title: 'Включён вход в два шага',
      text: `Теперь при входе в вашу учётную запись нужен и код из приложения: ${when}. Если это не вы, смените пароль и обратитесь в клинику.`,
      sms: `Включён вход в два шага: ${when}. Не вы? Обратитесь в клинику.`,
    }),
    off: ({ when }) => ({
      title: 'Вход в два шага отключён',
      text: `Теперь при входе в вашу учётную запись код из приложения не нужен: ${when}. Если это не вы, смените пароль и включите его снова.`,
      sms: `Вход в два шага отключён: ${when}. Не вы? Смените пароль.`,
    }),
    reset: ({ when }) => ({
      title: 'Администратор отключил вход в два шага',
      text: `Администратор отключил вход в два шага для вашей учётной записи: ${when}. Если вы об этом не просили, смените пароль и обратитесь в клинику.`,
      sms: `Вход в два шага отключил администратор: ${when}. Не просили? Сообщите клинике.`,
    }),
    recovery: ({ when, left }) => ({
      title: 'Использован резервный код',
      text: `При входе в вашу учётную запись использован резервный код: ${when}. Осталось кодов: ${left}. Если это не вы, смените пароль.`,
      sms: `Использован резервный код: ${when}. Осталось: ${left}. Не вы? Смените пароль.`,
    }),
  },
  en: {
    on: ({ when }) => ({
      title: 'Two-step sign-in is on',
      text: `Signing in to your account now asks for a code of an app too: ${when}. If it was not you, change your password and tell the clinic.`,
      sms: `Two-step sign-in is on: ${when}. Not you? Tell the clinic.`,
    }),
    off: ({ when }) => ({
      title: 'Two-step sign-in is off',
      text: `Signing in to your account asks for no code of an app any more: ${when}. If it was not you, change your password and set it up again.`,
      sms: `Two-step sign-in is off: ${when}. Not you? Change your password.`,
    }),
    reset: ({ when }) => ({
      title: 'An admin has switched two-step sign-in off',
      text: `An admin has switched two-step sign-in off for your account: ${when}. If you did not ask for it, change your password and tell the clinic.`,
      sms: `An admin switched two-step sign-in off: ${when}. You did not ask? Tell the clinic.`,
    }),
    recovery: ({ when, left }) => ({
      title: 'A recovery code was used',
      text: `A recovery code was used to sign in to your account: ${when}. Codes left: ${left}. If it was not you, change your password.`,
      sms: `A recovery code was used: ${when}. Left: ${left}. Not you? Change your password.`,
    }),
  },
};

/** In one language. */
export const twoStepChanged =
  (locale: Locale) =>
  (words: AccountWords): Words =>
    texts[locale][words.what](words);
