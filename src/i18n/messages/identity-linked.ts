import type { Locale } from '../../core/words.ts';
import type { AccountWords, Words } from './texts.ts';

type Told = Record<'elsewhere' | 'passkey', (words: AccountWords) => Words>;

/** What is told when there is another way into somebody's account, in each language. */
const texts: Record<Locale, Told> = {
  uz: {
    elsewhere: ({ when }) => ({
      title: 'Tashqi hisob ulandi',
      text: `Hisobingizga boshqa xizmatning hisobi ulandi: ${when}. Endi u bilan kirish mumkin. Bu siz boʻlmasangiz, ilovada uni uzing va parolni almashtiring.`,
      sms: `Hisobingizga tashqi hisob ulandi: ${when}. Bu siz boʻlmasangiz, uni uzing va parolni almashtiring.`,
    }),
    passkey: ({ when }) => ({
      title: 'Kirish kaliti qoʻshildi',
      text: `Hisobingizga kirish kaliti qoʻshildi: ${when}. Endi u bilan parolsiz kirish mumkin. Bu siz boʻlmasangiz, ilovada uni olib tashlang va parolni almashtiring.`,
      sms: `Hisobingizga kirish kaliti qoʻshildi: ${when}. Siz emasmi? Uni olib tashlang va parolni almashtiring.`,
    }),
  },
  ru: {
    elsewhere: ({ when }) => ({
      title: 'Привязана внешняя учётная запись',
      text: `К вашей учётной записи привязана учётная запись другой службы: ${when}. Теперь с ней можно войти. Если это не вы, отвяжите её в приложении и смените пароль.`,
      sms: `Новый внешний вход: ${when}. Не вы? Отвяжите его.`,
    }),
    passkey: ({ when }) => ({
      title: 'Добавлен ключ доступа',
      text: `К вашей учётной записи добавлен ключ доступа: ${when}. Теперь с ним можно войти без пароля. Если это не вы, удалите его в приложении и смените пароль.`,
      sms: `Добавлен ключ доступа: ${when}. Не вы? Удалите его.`,
    }),
  },
  en: {
    elsewhere: ({ when }) => ({
      title: 'An account elsewhere was linked',
      text: `An account of another service was linked to yours: ${when}. It lets whoever has it in from now on. If it was not you, unlink it in the app and change your password.`,
      sms: `An account elsewhere now lets into yours: ${when}. Not you? Unlink it and change your password.`,
    }),
    passkey: ({ when }) => ({
      title: 'A passkey was added',
      text: `A passkey was added to your account: ${when}. It lets whoever has its device in without a password from now on. If it was not you, remove it in the app and change your password.`,
      sms: `A passkey was added to your account: ${when}. Not you? Remove it and change your password.`,
    }),
  },
};

/** In one language. */
export const identityLinked =
  (locale: Locale) =>
  (words: AccountWords): Words =>
    texts[locale][words.passkey ? 'passkey' : 'elsewhere'](words);
