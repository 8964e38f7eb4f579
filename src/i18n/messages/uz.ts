import { STOP_HOURS } from '../../core/messages.ts';
import { changedHands } from './changed-hands.ts';
import { identityLinked } from './identity-linked.ts';
import type { DateParts, MessageTexts } from './texts.ts';
import { twoStepChanged } from './two-step.ts';

// Written out, since ICU's data differ by version and by build; Node 24 says the same.
const MONTHS = [
  'yanvar',
  'fevral',
  'mart',
  'aprel',
  'may',
  'iyun',
  'iyul',
  'avgust',
  'sentabr',
  'oktabr',
  'noyabr',
  'dekabr',
];
const WEEKDAYS = ['yakshanba', 'dushanba', 'seshanba', 'chorshanba', 'payshanba', 'juma', 'shanba'];

const day = ({ day, month, year }: DateParts) => `${year ? `${year}-yil ` : ''}${day}-${MONTHS[month]}`;
const because = (reason: string | null) => (reason ? ` Sababi: ${reason.replace(/[.\s]+$/, '')}.` : '');

export const uz: MessageTexts = {
  visit: {
    booked: {
      patient: ({ when, when_short, doctor, doctor_short }) => ({
        title: 'Qabulga yozildingiz',
        text: `Shifokor ${doctor} qabuliga yozildingiz: ${when}. Shifokor tasdiqlagach, xabar beramiz.`,
        sms: `Qabulga yozildingiz: ${when_short}, shifokor ${doctor_short}. Tasdiqlansa, xabar beramiz.`,
      }),
      doctor: ({ when, when_short, patient, patient_short }) => ({
        title: 'Qabulingizga yozilishdi',
        text: `Qabulingizga bemor ${patient} yozildi: ${when}. Yozilishni tasdiqlang yoki rad eting.`,
        sms: `Qabulingizga yozilishdi: ${when_short}, bemor ${patient_short}. Tasdiqlang yoki rad eting.`,
      }),
    },
    confirmed: {
      patient: ({ when, when_short, doctor, doctor_short }) => ({
        title: 'Qabul tasdiqlandi',
        text: `Qabulingiz tasdiqlandi: ${when}, shifokor ${doctor}. Sizni kutamiz.`,
        sms: `Qabulingiz tasdiqlandi: ${when_short}, shifokor ${doctor_short}. Sizni kutamiz.`,
      }),
      doctor: ({ when, when_short, patient, patient_short }) => ({
        title: 'Yangi tasdiqlangan qabul',
        text: `Qabulingizga bemor ${patient} yozildi: ${when}. Qabul tasdiqlangan.`,
        sms: `Yangi qabul: ${when_short}, bemor ${patient_short}. Tasdiqlangan.`,
      }),
    },
    unanswered: {
      doctor: ({ when, when_short, patient, patient_short }) => ({
        title: 'Yozilish javobingizni kutmoqda',
        text: `Bemor ${patient} yozilgan qabul hali javobingizni kutmoqda: ${when}. Uni tasdiqlang yoki rad eting.`,
        sms: `Hali javobingiz kutilmoqda: ${when_short}, bemor ${patient_short}. Tasdiqlang yoki rad eting.`,
      }),
    },
    declined: {
      patient: ({ when, when_short, doctor, doctor_short, reason }) => ({
        title: 'Qabul rad etildi',
        text: `Shifokor ${doctor} sizni qabul qila olmaydi: ${when}.${because(reason)} Boshqa vaqtga yozilishingiz mumkin.`,
        sms: `Shifokor ${doctor_short} ${when_short} da qabul qila olmaydi. Boshqa vaqtga yozilishingiz mumkin.`,
      }),
    },
    expired: {
      patient: ({ when, when_short, doctor, doctor_short }) => ({
        title: 'Soʻrovingizga javob berilmadi',
        text: `Uzr soʻraymiz: yozilish soʻrovingizga oʻz vaqtida javob berilmadi va u endi amal qilmaydi: ${when}, shifokor ${doctor}. Iltimos, boshqa vaqtga yoziling yoki klinikaga qoʻngʻiroq qiling.`,
        sms: `Uzr, soʻrovingizga javob berilmadi: ${when_short}, shifokor ${doctor_short}. Iltimos, boshqa vaqtga yoziling.`,
      }),
      doctor: ({ when, when_short, patient, patient_short }) => ({
        title: 'Yozilish javobsiz qoldi',
        text: `Yozilish tasdiqlanmadi ham, rad etilmadi ham va endi amal qilmaydi: bemor ${patient}, ${when}. Bemorga bu haqda xabar berildi.`,
        sms: `Yozilish javobsiz yakunlandi: ${when_short}, bemor ${patient_short}.`,
      }),
    },
    cancelled: {
      patient: ({ when, when_short, doctor, doctor_short, reason, by_family }) => ({
        title: 'Qabul bekor qilindi',
        text: `${by_family ? 'Qabul bekor qilindi' : 'Klinika qabulingizni bekor qildi'}: ${when}, shifokor ${doctor}.${because(reason)} Boshqa vaqtga yozilishingiz mumkin.`,
        sms: `Qabulingiz bekor qilindi: ${when_short}, shifokor ${doctor_short}. Boshqa vaqtga yozilishingiz mumkin.`,
      }),
      doctor: ({ when, when_short, patient, patient_short, reason, is_free }) => ({
        title: 'Qabul bekor qilindi',
        text: `Qabul bekor qilindi: ${when}, bemor ${patient}.${because(reason)}${is_free ? ' Bu vaqt yana boʻsh.' : ''}`,
        sms: `Qabul bekor qilindi: ${when_short}, bemor ${patient_short}.${is_free ? ' Bu vaqt yana boʻsh.' : ''}`,
      }),
    },
    moved: {
      patient: ({ when, when_short, from, from_short, doctor, doctor_short, pending }) => ({
        title: 'Qabul vaqti oʻzgardi',
        text: `Shifokor ${doctor} qabulidagi vaqtingiz oʻzgardi: ${when} (avvalgi vaqt: ${from}).${pending ? ' Shifokor tasdiqlagach, xabar beramiz.' : ''}`,
        sms: `Qabul vaqti oʻzgardi: ${when_short} (avval ${from_short}), shifokor ${doctor_short}.${pending ? ' Hali tasdiqlanmagan.' : ''}`,
      }),
      doctor: ({ when, when_short, from, from_short, patient, patient_short, pending }) => ({
        title: 'Qabul vaqti oʻzgardi',
        text: `Qabul vaqti oʻzgardi: bemor ${patient}, ${when} (avvalgi vaqt: ${from}).${pending ? ' Yozilishni tasdiqlang yoki rad eting.' : ''}`,
        sms: `Qabul vaqti oʻzgardi: ${when_short} (avval ${from_short}), bemor ${patient_short}.`,
      }),
    },
    absence: {
      patient: ({ when, when_short, doctor, doctor_short, alternatives, nearest }) => ({
        title: 'Shifokor qabul qilmaydi',
        text: `Shifokor ${doctor} ishda boʻlmaydi, qabulingiz bekor qilindi: ${when}. Uzr soʻraymiz.${alternatives.length > 0 ? ` Buning oʻrniga kelishingiz mumkin: ${alternatives.join('; ')}.` : ''} Boshqa vaqtga yozilishingiz mumkin.`,
        sms: `Shifokor ${doctor_short} ishda boʻlmaydi, ${when_short} dagi qabul bekor qilindi.${nearest ? ` Boʻsh vaqt: ${nearest}.` : ''}`,
      }),
    },
    closed: {
      patient: ({ when, when_short, doctor, alternatives, nearest }) => ({
        title: 'Klinika shu kuni yopiq',
        text: `Klinika shu kuni ishlamaydi, shifokor ${doctor} qabuli bekor qilindi: ${when}. Uzr soʻraymiz.${alternatives.length > 0 ? ` Buning oʻrniga kelishingiz mumkin: ${alternatives.join('; ')}.` : ''} Boshqa vaqtga yozilishingiz mumkin.`,
        sms: `Klinika yopiq: ${when_short} dagi qabulingiz bekor qilindi.${nearest ? ` Boʻsh vaqt: ${nearest}.` : ''}`,
      }),
    },
    waitlist_offer: {
      patient: ({ when, when_short, doctor, doctor_short, until }) => ({
        title: 'Siz uchun vaqt boʻshadi',
        text: `Siz kutgan vaqt boʻshadi: ${when}, shifokor ${doctor}. U siz uchun ${until} gacha saqlanadi. Taklifni ilovada qabul qiling yoki rad eting, shunda u keyingi bemorga oʻtadi.`,
        sms: `Vaqt boʻshadi: ${when_short}, shifokor ${doctor_short}. Ilovada ${until} gacha qabul qiling.`,
      }),
    },
    waitlist_lapsed: {
      patient: ({ when, when_short, doctor, doctor_short }) => ({
        title: 'Taklif muddati tugadi',
        text: `Bu taklif endi amal qilmaydi: ${when}, shifokor ${doctor}. Navbatdagi oʻrningiz saqlanadi.`,
        sms: `Taklif endi amal qilmaydi: ${when_short}, shifokor ${doctor_short}. Navbatdagi oʻrningiz saqlanadi.`,
      }),
    },
    ...changedHands.uz,
    reminder: {
      patient: ({ when, when_short, doctor, doctor_short, pending }) =>
        pending
          ? {
              title: 'Yozilish eslatmasi',
              text: `Eslatamiz: shifokor ${doctor} qabuliga yozilish soʻragansiz: ${when}. Shifokor hali tasdiqlamagan. Tasdiqlagach, xabar beramiz.`,
              sms: `Hali tasdiqlanmagan: ${when_short}, shifokor ${doctor_short}.`,
            }
          : {
              title: 'Qabul eslatmasi',
              text: `Eslatamiz: shifokor ${doctor} qabuliga yozilgansiz: ${when}.`,
              sms: `Eslatma: ${when_short}, shifokor ${doctor_short} qabuli.`,
            },
    },
    confirmed_coming: {
      doctor: ({ when, when_short, patient, patient_short }) => ({
        title: 'Bemor keladi',
        text: `Bemor ${patient} kelishini tasdiqladi: ${when}.`,
        sms: `Bemor ${patient_short} kelishini tasdiqladi: ${when_short}.`,
      }),
    },
  },
  account: {
    new_sign_in: ({ when, device }) => ({
      title: 'Yangi qurilmadan kirildi',
      text: `Hisobingizga yangi qurilmadan kirildi: ${when}${device ? `, ${device}` : ''}. Bu siz boʻlmasangiz, parolni almashtiring va begona seanslarni tugating.`,
      sms: `Hisobingizga yangi qurilmadan kirildi: ${when}. Bu siz boʻlmasangiz, parolni almashtiring.`,
    }),
    password_changed: ({ when }) => ({
      title: 'Parol almashtirildi',
      text: `Hisobingiz paroli almashtirildi: ${when}. Bu siz boʻlmasangiz, parolni tiklang va klinikaga murojaat qiling.`,
      sms: `Hisobingiz paroli almashtirildi: ${when}. Bu siz boʻlmasangiz, parolni tiklang.`,
    }),
    doctor_approved: () => ({
      title: 'Hisobingiz tasdiqlandi',
      text: 'Klinika shifokor sifatida hisobingizni tasdiqladi: endi bemorlar sizni topadi va qabulingizga yozila oladi.',
      sms: 'Klinika hisobingizni tasdiqladi: endi bemorlar qabulingizga yozila oladi.',
    }),
    contact_changed: ({ when, contact, added }) => {
      const what = contact === 'phone' ? 'telefon raqami' : 'pochta manzili';
      return {
        title: added ? 'Hisobingizga aloqa qoʻshildi' : 'Hisobingizdagi aloqa almashtirildi',
        text: `${added ? `Hisobingizga ${what} qoʻshildi` : `Hisobingizdagi ${what} almashtirildi`}: ${when}. Bu siz boʻlmasangiz, ${STOP_HOURS} soat ichida avvalgi aloqangizga yuborilgan havolani oching yoki darhol klinikaga xabar bering.`,
        sms: `${added ? 'Hisobingizga yangi' : 'Hisobingizda almashtirilgan'} ${contact === 'phone' ? 'telefon' : 'pochta'}: ${when}. Siz emasmi? Klinikaga xabar bering.`,
      };
    },
    telegram_linked: ({ when }) => ({
      title: 'Telegram chati ulandi',
      text: `Hisobingizga Telegram chati ulandi: ${when}. Endi qabullaringiz haqidagi xabarlar oʻsha yerga boradi. Bu siz boʻlmasangiz, ilovada uni uzing va parolni almashtiring.`,
      sms: `Hisobingizga Telegram chati ulandi: ${when}. Bu siz boʻlmasangiz, uni uzing va parolni almashtiring.`,
    }),
    two_step_changed: twoStepChanged('uz'),
    identity_linked: identityLinked('uz'),
    nothing_confirmed: () => ({
      title: 'Telefon yoki pochtangizni tasdiqlang',
      text: 'Hisobingizda telefon ham, pochta ham tasdiqlanmagan: parolni unutsangiz, kod yuborib boʻlmaydi, eslatmalar esa faqat shu yerga keladi. Ulardan birini ilovada tasdiqlang yoki klinika qabulxonasiga murojaat qiling.',
      sms: 'Parolni tiklay olishingiz uchun ilovada telefon yoki pochtangizni tasdiqlang.',
    }),
    record_merged: () => ({
      title: 'Ikki kartangiz birlashtirildi',
      text: 'Siz klinikada ikki marta roʻyxatga olingan edingiz. Qabullaringiz, kutish roʻyxati va oilangiz endi bitta kartada. Biror narsa yetishmasa yoki sizniki boʻlmasa, klinika qabulxonasiga murojaat qiling.',
      sms: 'Klinikadagi ikki kartangiz birlashtirildi. Savol boʻlsa, qabulxonaga murojaat qiling.',
    }),
    guardianship_ends: ({ person, day, day_short }) => ({
      title: person ? `${person} 18 yoshga toʻladi`.slice(0, 100) : 'Siz 18 yoshga toʻlasiz',
      text: person
        ? `${person} 18 yoshga toʻladi: ${day}. Shu kundan boshlab qabulga oʻz hisobi orqali yoziladi va qabullari haqidagi xabarlar sizga kelmaydi. Mavjud yozuvlar saqlanadi.`
        : `Siz 18 yoshga toʻlasiz: ${day}. Shu kundan boshlab qabulga oʻzingiz yozilasiz: iltimos, oʻz hisobingizni oching. Mavjud yozuvlar saqlanadi.`,
      sms: person
        ? `${person} ${day_short} kuni 18 yoshga toʻladi, keyin oʻz hisobi orqali yoziladi.`
        : `${day_short} kuni 18 yoshga toʻlasiz: qabulga yozilish uchun oʻz hisobingizni oching.`,
    }),
    webhook_off: () => ({
      title: 'Hodisalar qabul qiluvchisi oʻchirildi',
      text: 'Qabul qiluvchilardan biriga bir necha kun hech narsa yetib bormadi yoki u hodisalardan voz kechdi, shuning uchun u oʻchirildi. Administrator uni qayta yoqishi va oʻtkazib yuborilganlarni yuborishi mumkin.',
      sms: 'Hodisalar qabul qiluvchisi oʻchirildi: unga hech narsa yetib bormayapti.',
    }),
    code_ceiling: ({ full }) => ({
      title: full ? 'Bugun SMS kodlar tugadi' : 'Bugun SMS kodlar koʻp',
      text: `${full ? 'SMS kodlarning bugungi chegarasiga yetildi: yarim tungacha ular yuborilmaydi.' : 'SMS kodlar bugungi chegarasining beshdan toʻrt qismi sarflandi.'} Buncha kutmagan boʻlsangiz, kimdir ularni ataylab soʻrayotgan boʻlishi mumkin: yuborilgan xabarlarni koʻring. Chegarani SMS_CODES_PER_DAY belgilaydi.`,
      sms: full
        ? 'SMS kodlarning bugungi chegarasiga yetildi: yarim tungacha yuborilmaydi.'
        : 'SMS kodlar bugungi chegarasining beshdan toʻrt qismi sarflandi.',
    }),
    backup_failed: ({ rehearsal, unarchived }) =>
      unarchived
        ? {
            title: 'Maʼlumotlar bazasi jurnali arxivlanmayapti',
            text: 'Zaxira nusxalar bor, lekin ulardan keyingi oʻzgarishlar saqlanmayapti: baza yoʻqolsa, shundan keyin yozilgan qabullar ham yoʻqoladi. Nima yetishmayotgani server jurnalida, nima qilish kerakligi docs/operations.md sahifasida.',
            sms: 'Baza jurnali arxivlanmayapti. Server jurnaliga qarang.',
          }
        : {
            title: rehearsal ? 'Zaxira nusxani sinab koʻrish muvaffaqiyatsiz' : 'Zaxira nusxa olinmadi',
            text: rehearsal
              ? 'Oxirgi zaxira nusxani toʻliq tiklab boʻlmadi. Bu tuzatilmaguncha klinikada nusxa boʻlmasligi mumkin: sababi server jurnalida, nima qilish kerakligi docs/operations.md sahifasida.'
              : 'Tungi zaxira nusxa olinmadi. Sababi server jurnalida, nima qilish kerakligi docs/operations.md sahifasida.',
            sms: rehearsal
              ? 'Zaxira nusxa toʻliq tiklanmadi. Server jurnaliga qarang.'
              : 'Zaxira nusxa olinmadi. Server jurnaliga qarang.',
          },
  },
  code: {
    verify_phone: (code, minutes) => ({
      title: 'Telefonni tasdiqlash kodi',
      text: `Telefon raqamingizni tasdiqlash kodi: ${code}. U ${minutes} daqiqa amal qiladi. Kodni hech kimga aytmang.`,
      sms: `Telefonni tasdiqlash kodi: ${code}. ${minutes} daqiqa amal qiladi. Hech kimga aytmang.`,
    }),
    verify_email: (code, minutes) => ({
      title: 'Pochtani tasdiqlash kodi',
      text: `Elektron pochtangizni tasdiqlash kodi: ${code}. U ${minutes} daqiqa amal qiladi. Kodni hech kimga aytmang.`,
      sms: `Pochtani tasdiqlash kodi: ${code}. ${minutes} daqiqa amal qiladi. Hech kimga aytmang.`,
    }),
    reset_password: (code, minutes) => ({
      title: 'Parolni tiklash kodi',
      text: `Parolni tiklash kodi: ${code}. U ${minutes} daqiqa amal qiladi. Kodni hech kimga aytmang; soʻramagan boʻlsangiz, eʼtibor bermang.`,
      sms: `Parolni tiklash kodi: ${code}. ${minutes} daqiqa amal qiladi. Hech kimga aytmang.`,
    }),
    prove_phone: (code, minutes) => ({
      title: 'Hisobni oʻzgartirish kodi',
      text: `Hisobingizdagi aloqalarni almashtirish kodi: ${code}. U ${minutes} daqiqa amal qiladi. Kodni hech kimga aytmang; soʻramagan boʻlsangiz, parolni almashtiring.`,
      sms: `Hisobni oʻzgartirish kodi: ${code}. ${minutes} daqiqa amal qiladi. Hech kimga aytmang.`,
    }),
    prove_email: (code, minutes) => ({
      title: 'Hisobni oʻzgartirish kodi',
      text: `Hisobingizdagi aloqalarni almashtirish kodi: ${code}. U ${minutes} daqiqa amal qiladi. Kodni hech kimga aytmang; soʻramagan boʻlsangiz, parolni almashtiring.`,
      sms: `Hisobni oʻzgartirish kodi: ${code}. ${minutes} daqiqa amal qiladi. Hech kimga aytmang.`,
    }),
    reach_phone: (code, minutes) => ({
      title: 'Qabulxona uchun kod',
      text: `Klinika qabulxonasi uchun kod: ${code}. Uni sizga xizmat koʻrsatayotgan xodimga ayting. Kod ${minutes} daqiqa amal qiladi.`,
      sms: `Klinika qabulxonasi uchun kod: ${code}. ${minutes} daqiqa amal qiladi.`,
    }),
    claim_record: (code, minutes) => ({
      title: 'Hisob ochish kodi',
      text: `Klinikada oʻz hisobingizni ochish kodi: ${code}. U ${minutes} daqiqa amal qiladi. Kodni hech kimga aytmang; soʻramagan boʻlsangiz, eʼtibor bermang.`,
      sms: `Hisob ochish kodi: ${code}. ${minutes} daqiqa amal qiladi. Hech kimga aytmang.`,
    }),
  },
  dates: {
    long: (date) => `${day(date)}, ${WEEKDAYS[date.weekday]}`,
    short: day,
    at: (date, time) => `${date}, soat ${time}`,
    at_short: (date, time) => `${date} ${time}`,
  },
  whose: (name) => `Bemor ${name}:`,
  nobody: { doctor: '(ismi koʻrsatilmagan)', patient: '(ismi koʻrsatilmagan)' },
  account_deleted: 'hisob oʻchirilgan',
  account_closed: 'hisob yopilgan',
  doctor_absent: 'shifokor ishda boʻlmaydi',
  clinic_closed: 'klinika shu kuni ishlamaydi',
  links: {
    coming: 'Kelishimni tasdiqlayman',
    coming_pending: 'Bu qabul menga hali kerak',
    cancel: 'Qabulni bekor qilish',
    answer: 'Kelasizmi?',
    answer_pending: 'Hali kerakmi?',
    stop: 'Bu men emasman: bekor qilish',
    stop_short: 'Bekor qilish:',
  },
  footer: 'Bu xabar qabulni tashkil qilish uchun yuborildi va tibbiy maslahat emas. Unga javob yozmang.',
  page: {
    title: 'Shifokor qabuli',
    ask_coming: 'Qabulga kelasizmi?',
    ask_coming_pending: 'Bu qabul sizga hali kerakmi?',
    ask_cancel: 'Qabulni bekor qilasizmi?',
    yes: 'Ha, kelaman',
    yes_pending: 'Ha, hali kerak',
    cancel: 'Qabulni bekor qilish',
    doctor: 'shifokor',
    pending: 'Shifokor bu qabulni hali tasdiqlamagan. Tasdiqlagach, xabar beramiz.',
    coming: 'Rahmat! Kelishingizni tasdiqladingiz, sizni kutamiz.',
    coming_pending: 'Rahmat! Bu vaqtda kela olishingizni bildik.',
    cancelled: 'Qabul bekor qilingan. Boshqa vaqtga yozilishingiz mumkin.',
    too_late: 'Bu yerda bekor qilish uchun kech. Iltimos, klinikaga qoʻngʻiroq qiling.',
    over: 'Bu havolaning muddati tugagan.',
    unknown: 'Bunday havola yoʻq yoki u notoʻliq koʻchirilgan.',
    failed: 'Hozir bajarib boʻlmadi. Birozdan soʻng qaytadan urinib koʻring.',
    footer: 'Bu xizmat qabulni tashkil qiladi; u tibbiy maslahat bermaydi.',
  },
  undo_page: {
    title: 'Hisobingiz',
    ask: {
      phone: 'Telefon raqamingiz almashtirilgani bekor qilinsinmi?',
      email: 'Pochta manzilingiz almashtirilgani bekor qilinsinmi?',
    },
    explain:
      'Avvalgi aloqangiz hisobingizga qaytadi, barcha seanslar tugaydi, yangi parolni esa «Parolni unutdim» orqali oʻrnatish kerak boʻladi.',
    yes: 'Bu men emasman: bekor qilish',
    done: 'Bajarildi: aloqangiz qaytarildi, barcha seanslar tugadi. Endi ilovada «Parolni unutdim» orqali yangi parol oʻrnating.',
    over: 'Bu havolaning muddati tugagan yoki u ishlatilgan. Yordam kerak boʻlsa, klinikaga xabar bering.',
    taken: 'Bu orada bu aloqani boshqa hisob tasdiqlagan. Iltimos, darhol klinikaga xabar bering.',
    footer: 'Bu sahifa klinikadagi hisobingiz haqida.',
  },
  bot: {
    linked:
      'Tayyor! Endi klinika xabarlari shu yerga keladi.\n/my — yaqin qabullaringiz\n/stop — xabarlarni toʻxtatish\n\nBu bot tibbiy maslahat bermaydi.',
    expired: 'Bu havolaning muddati tugagan. Ilovada yangisini oling.',
    help: '/my — yaqin qabullaringiz\n/stop — xabarlarni toʻxtatish',
    not_linked: 'Bu chat hali hisobingizga ulanmagan. Ilovada «Telegramni ulash»ni tanlang.',
    unlinked: 'Chat uzildi: bu yerga boshqa xabar kelmaydi. Qayta ulash uchun ilovadan yangi havola oling.',
    visits: 'Yaqin qabullaringiz:',
    no_visits: 'Yaqin qabullaringiz yoʻq.',
    pending: 'hali tasdiqlanmagan',
  },
  calendar: {
    visits: 'Mening qabullarim',
    day: 'Klinikadagi kunim',
    with_doctor: (doctor) => `Shifokor ${doctor} qabuli`,
    pending: 'hali tasdiqlanmagan',
    cancelled: 'bekor qilindi',
  },
};
