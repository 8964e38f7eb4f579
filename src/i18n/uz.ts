import type { Texts } from './en.ts';

export const uz: Texts = {
  errors: {
    invalid_input: {
      title: 'Notoʻgʻri maʼlumot',
      detail: 'Yuborilganlarning bir qismi yaroqsiz; `errors` har bir maydonni koʻrsatadi.',
    },
    unknown_field: {
      title: 'Nomaʼlum maydon',
      detail:
        'Soʻrovda bu yerda mavjud boʻlmagan maydon yoki parametrlar bor; `errors` har birini koʻrsatadi. Hech narsa bajarilmadi.',
    },
    malformed_request: {
      title: 'Soʻrov oʻqilmadi',
      detail: 'Soʻrovni oʻqib boʻlmadi: tana UTF-8 dagi JSON, manzil esa toʻgʻri kodlangan boʻlishi kerak.',
    },
    slot_in_past: { title: 'Vaqti oʻtgan', detail: 'Bu qabulning boshlanish vaqti oʻtib ketgan.' },
    host_not_allowed: {
      title: 'Nomaʼlum xost',
      detail: 'Xizmat `Host` sarlavhasidagi nomga javob bermaydi.',
    },
    invalid_code: {
      title: 'Kod notoʻgʻri',
      detail: 'Kod notoʻgʻri, muddati tugagan yoki juda koʻp marta kiritilgan. Yangisini soʻrang.',
    },
    authentication_required: {
      title: 'Tizimga kirish kerak',
      detail: 'Kirish tokenini yuboring: `Authorization: Bearer <access>`.',
    },
    invalid_token: { title: 'Token yaroqsiz', detail: 'Bu kirish tokeni yaroqsiz. Qaytadan kiring.' },
    token_expired: {
      title: 'Token muddati tugagan',
      detail: 'Kirish tokenining muddati tugagan. Uni yangilang yoki qaytadan kiring.',
    },
    session_ended: { title: 'Seans tugagan', detail: 'Bu seans tugagan. Qaytadan kiring.' },
    invalid_credentials: {
      title: 'Kirish maʼlumotlari notoʻgʻri',
      detail: 'Foydalanuvchi nomi yoki parol notoʻgʻri.',
    },
    invalid_refresh_token: {
      title: 'Yangilash tokeni yaroqsiz',
      detail: 'Yangilash tokeni nomaʼlum, muddati tugagan yoki ishlatilgan. Qaytadan kiring.',
    },
    second_step_required: {
      title: 'Ikkinchi bosqich kerak',
      detail: 'Parol toʻgʻri. Ikkinchi bosqichni koʻrsating yoki hali boʻlmasa, uni sozlang.',
    },
    invalid_ticket: {
      title: 'Kirish eskirgan',
      detail: 'Bu kirish eskirgan yoki tugatilgan. Uni qaytadan boshlang.',
    },
    forbidden: { title: 'Ruxsat yoʻq', detail: 'Rolingiz bunga ruxsat bermaydi yoki yozuv sizniki emas.' },
    account_inactive: {
      title: 'Hisob faolsizlantirilgan',
      detail: 'Bu hisob faolsizlantirilgan. Klinikaga murojaat qiling.',
    },
    route_not_found: {
      title: 'Bunday manzil yoʻq',
      detail: 'Bu usul va manzilda hech narsa yoʻq. Qarang: /api/docs/.',
    },
    invalid_state: {
      title: 'Kirish tugagan',
      detail: 'Bu kirish nomaʼlum, juda uzoq davom etgan yoki allaqachon ishlatilgan. Uni qaytadan boshlang.',
    },
    invalid_identity: {
      title: 'Maʼlumotga ishonib boʻlmaydi',
      detail:
        'Boshqa xizmatning siz haqingizdagi maʼlumotiga ishonib boʻlmaydi: u eskirgan, allaqachon ishlatilgan yoki bu klinika uchun emas. Qaytadan kiring.',
    },
    invalid_passkey: {
      title: 'Kirish kaliti qabul qilinmadi',
      detail:
        'Bu kirish kaliti bu yerda ishlamaydi, olib tashlangan yoki juda uzoq davom etdi. Qayta urinib koʻring yoki boshqacha kiring.',
    },
    sign_in_again: {
      title: 'Yana bir bor kiring',
      detail:
        'Buning uchun soʻnggi besh daqiqa ichida kirgan boʻlishingiz kerak. Yana bir bor kiring va takrorlang.',
    },
    provider_not_found: {
      title: 'Kirish xizmati topilmadi',
      detail: 'Bu yerga bunday nomli xizmat orqali kirilmaydi.',
    },
    identity_not_found: { title: 'Ulanmagan', detail: 'Hisobingizga bunday tashqi hisob ulanmagan.' },
    passkey_not_found: { title: 'Kirish kaliti topilmadi', detail: 'Sizda bunday kirish kaliti yoʻq.' },
    account_exists: {
      title: 'Hisob allaqachon bor',
      detail:
        'Telefoningiz yoki pochtangiz bu yerda boshqa hisobda tasdiqlangan. Oʻsha hisobga kiring va buni ulang.',
    },
    identity_taken: {
      title: 'Boshqa hisobga ulangan',
      detail: 'Bu tashqi hisob klinikaning boshqa hisobiga ulangan.',
    },
    provider_linked: {
      title: 'Boshqasi ulangan',
      detail: 'Hisobingizga shu xizmatning boshqa hisobi ulangan: avval uni uzing.',
    },
    last_way_in: {
      title: 'Oxirgi kirish yoʻli',
      detail: 'Boshqa hech narsa bilan kira olmaysiz: avval parol oʻrnating yoki boshqa hisobni ulang.',
    },
    too_many_passkeys: {
      title: 'Kirish kalitlari koʻp',
      detail: 'Kirish kalitlaringiz soni chegaraga yetgan. Avval birini olib tashlang.',
    },
    passkeys_not_offered: {
      title: 'Bu yerda kirish kaliti yoʻq',
      detail: 'Bu server hozirgi manzilida kirish kalitlarini qabul qilmaydi.',
    },
    session_not_found: { title: 'Seans topilmadi', detail: 'Sizda bunday seans yoʻq.' },
    user_not_found: { title: 'Foydalanuvchi topilmadi', detail: 'Bunday foydalanuvchi yoʻq.' },
    image_unreadable: {
      title: 'Rasmni oʻqib boʻlmadi',
      detail: 'Rasm buzilgan yoki toʻliq emas. Uni qayta yuboring yoki boshqasini tanlang.',
    },
    image_too_large: {
      title: 'Rasm juda katta',
      detail: 'Rasm 25 megapikseldan katta. Avval uni kichraytiring.',
    },
    photo_not_found: { title: 'Surat topilmadi', detail: 'Bunday surat yoʻq.' },
    doctor_not_found: { title: 'Shifokor topilmadi', detail: 'Bunday shifokor yoʻq.' },
    patient_not_found: { title: 'Bemor topilmadi', detail: 'Bunday bemor yoʻq.' },
    timeslot_not_found: { title: 'Qabul vaqti topilmadi', detail: 'Bunday qabul vaqti yoʻq.' },
    appointment_not_found: { title: 'Yozilish topilmadi', detail: 'Qabulga bunday yozilish yoʻq.' },
    holiday_not_found: { title: 'Dam olish kuni topilmadi', detail: 'Bunday dam olish kuni yoʻq.' },
    absence_not_found: { title: 'Yoʻqlik topilmadi', detail: 'Bunday yoʻqlik davri yoʻq.' },
    branch_not_found: { title: 'Filial topilmadi', detail: 'Bunday filial yoʻq.' },
    api_key_not_found: { title: 'API kaliti topilmadi', detail: 'Bunday API kaliti yoʻq.' },
    insufficient_scope: {
      title: 'Kalitga ruxsat yoʻq',
      detail:
        'Bu API kaliti buni qila olmaydi: unda kerakli huquq yoʻq yoki bu hech bir kalitga ruxsat etilmagan.',
    },
    specialization_not_found: {
      title: 'Mutaxassislik topilmadi',
      detail: 'Klinika roʻyxatida bunday mutaxassislik yoʻq.',
    },
    room_not_found: { title: 'Xona topilmadi', detail: 'Bu filialda bunday xona yoʻq.' },
    service_not_found: {
      title: 'Xizmat topilmadi',
      detail: 'Bunday xizmat yoʻq yoki u endi koʻrsatilmaydi.',
    },
    waitlist_entry_not_found: {
      title: 'Yozuv topilmadi',
      detail: 'Navbat roʻyxatida bunday yozuv yoʻq.',
    },
    notification_not_found: {
      title: 'Xabarnoma topilmadi',
      detail: 'Sizda bunday xabarnoma yoʻq.',
    },
    message_not_found: { title: 'Xabar topilmadi', detail: 'Bunday xabar yoʻq.' },
    feed_not_found: {
      title: 'Taqvim topilmadi',
      detail: 'Bunday taqvim yoʻq yoki uning manzili almashtirilgan.',
    },
    url_not_allowed: {
      title: 'Manzilga ruxsat yoʻq',
      detail:
        'Hodisalar faqat HTTPS orqali va ochiq manzillarga yuboriladi; bu manzil unday emas yoki nomi hech qayerga olib bormaydi.',
    },
    webhook_not_found: { title: 'Qabul qiluvchi topilmadi', detail: 'Bunday qabul qiluvchi yoʻq.' },
    delivery_not_found: {
      title: 'Yetkazish topilmadi',
      detail: 'Bunday yetkazish yoʻq yoki uning qabul qiluvchisi oʻchirilgan.',
    },
    too_many_webhooks: {
      title: 'Qabul qiluvchilar juda koʻp',
      detail: 'Yana qabul qiluvchi qoʻshib boʻlmaydi; avval bittasini oʻchiring.',
    },
    webhook_off: {
      title: 'Qabul qiluvchi oʻchirilgan',
      detail: 'Qabul qiluvchi oʻchirilgan: avval uni yoqing.',
    },
    too_old: {
      title: 'Juda eski',
      detail: 'Bunchalik eski hodisalar endi saqlanmaydi; hammasini qaytadan oʻqing.',
    },
    method_not_allowed: {
      title: 'Usul qoʻllanmaydi',
      detail:
        'Bu manzilda bunday usul qoʻllanmaydi; mumkin boʻlgan usullar `Allow` sarlavhasida koʻrsatilgan.',
    },
    not_acceptable: {
      title: 'Bunday koʻrinish yoʻq',
      detail: 'Javobni `Accept` da koʻrsatilgan koʻrinishlarning hech birida olib boʻlmaydi.',
    },
    request_timeout: {
      title: 'Soʻrov juda sekin',
      detail: 'Soʻrov oʻz vaqtida yetib kelmadi. Uni takrorlang.',
    },
    username_taken: { title: 'Bu nom band', detail: 'Bu foydalanuvchi nomi band.' },
    phone_taken: {
      title: 'Bu telefon band',
      detail: 'Bu raqam boshqa hisobda tasdiqlangan. U faqat sizniki boʻlsa, klinikaga murojaat qiling.',
    },
    email_taken: {
      title: 'Bu pochta band',
      detail: 'Bu manzil boshqa hisobda tasdiqlangan. U faqat sizniki boʻlsa, klinikaga murojaat qiling.',
    },
    patient_may_exist: {
      title: 'Bemor roʻyxatda boʻlishi mumkin',
      detail:
        'Shu telefon, yoki shu tugʻilgan kun va oʻxshash ism bilan kimdir roʻyxatda bor: `candidates` ga qarang. `confirm_new: true` boshqa kishini roʻyxatga oladi.',
    },
    visits_overlap: {
      title: 'Qabullar ustma-ust',
      detail:
        'Ikkala kartada ham bir vaqtga amaldagi yozilish bor. Avval birini bekor qiling yoki koʻchiring.',
    },
    not_a_dependant: {
      title: 'Bola emas',
      detail: 'Vasiylik 18 yoshga toʻlmagan, tugʻilgan kuni maʼlum kishilarga boʻladi.',
    },
    already_verified: {
      title: 'Allaqachon tasdiqlangan',
      detail: 'Bu allaqachon tasdiqlangan, kod kerak emas.',
    },
    not_verified: {
      title: 'Aloqa tasdiqlanmagan',
      detail: 'U yerga tekshiruv kodini yuborib boʻlmaydi: bu aloqa hali tasdiqlanmagan.',
    },
    two_step_on: {
      title: 'Ikkinchi bosqich bor',
      detail: 'Ikkinchi bosqich sozlangan. Avval uni oʻchiring.',
    },
    two_step_off: {
      title: 'Ikkinchi bosqich yoʻq',
      detail: 'Ikkinchi bosqich sozlanmagan. Yangi sirdan boshlang.',
    },
    last_admin: {
      title: 'Oxirgi administrator',
      detail: 'Oxirgi faol administratorni pasaytirish, faolsizlantirish yoki oʻchirish mumkin emas.',
    },
    role_in_use: {
      title: 'Rol ishlatilmoqda',
      detail:
        'Bu kishining hozirgi rolida kelgusi qabullari bor. Avval ularni bekor qiling yoki `upcoming: cancel` deb koʻrsating.',
    },
    has_upcoming: {
      title: 'Kelgusi qabullar bor',
      detail:
        'Kelgusi qabullar bor. Ular bekor qilinishini (`cancel`) yoki qolishini (`keep`) `upcoming` maydonida koʻrsating.',
    },
    not_a_doctor: {
      title: 'Shifokor emas',
      detail: 'Faqat shifokorni tasdiqlash mumkin, bu kishi esa shifokor emas.',
    },
    name_taken: { title: 'Nom band', detail: 'Bunday nom allaqachon bor.' },
    branch_in_use: {
      title: 'Filial ishlatilmoqda',
      detail:
        'Filialga xonalar, qabul vaqtlari, haftalar, dam olish kunlari, qabullar yoki xodimlar tegishli. Uni oʻchirib qoʻyish mumkin.',
    },
    room_in_use: {
      title: 'Xona ishlatilmoqda',
      detail: 'Xonaga qabul vaqtlari, haftalar yoki qabullar tegishli. Uni oʻchirib qoʻyish mumkin.',
    },
    branch_closed: {
      title: 'Filial yopiq',
      detail: 'Oʻchirib qoʻyilgan filialda qabul vaqtlari eʼlon qilinmaydi.',
    },
    room_closed: {
      title: 'Xona yopiq',
      detail: 'Oʻchirib qoʻyilgan xonada qabul vaqtlari eʼlon qilinmaydi.',
    },
    slot_overlap: { title: 'Vaqtlar ustma-ust', detail: 'Shifokorning shu vaqtda boshqa qabul vaqti bor.' },
    room_taken: {
      title: 'Xona band',
      detail: 'Bu vaqtda xona band; `room` shu turdagi boshqa boʻsh xonani koʻrsatadi, agar bor boʻlsa.',
    },
    slot_booked: {
      title: 'Vaqt band qilingan',
      detail: 'Band qilingan vaqtni oʻchirib boʻlmaydi. Avval yozilishni bekor qiling.',
    },
    slot_taken: { title: 'Vaqt band', detail: 'Bu vaqtni hozirgina band qilishdi. Boshqasini tanlang.' },
    already_yours: {
      title: 'Bu vaqt sizniki',
      detail:
        'Bu vaqtga siz yoki siz yozayotgan bemor allaqachon yozilgan; yozuv `appointment` maydonida koʻrsatilgan.',
    },
    patient_busy: {
      title: 'Bemor band',
      detail: 'Bemorning shu vaqt bilan ustma-ust tushadigan yozilishi bor.',
    },
    not_oneself: {
      title: 'Bu sizning hisobingiz',
      detail: 'Oʻz hisobingiz `DELETE /api/auth/me/` orqali, parol bilan oʻchiriladi.',
    },
    not_with_oneself: {
      title: 'Oʻziga yozilib boʻlmaydi',
      detail: 'Shifokor oʻz qabuliga yozila olmaydi.',
    },
    already_decided: {
      title: 'Allaqachon hal qilingan',
      detail: 'Yozilishning hozirgi holati bu oʻzgarishga yoʻl qoʻymaydi.',
    },
    visit_begun: { title: 'Qabul boshlangan', detail: 'Boshlangan qabulni bekor qilib boʻlmaydi.' },
    too_late_to_cancel: {
      title: 'Bekor qilish kech',
      detail: 'Klinika belgilagan bekor qilish muddati oʻtdi. Klinikaga qoʻngʻiroq qiling.',
    },
    not_confirmed: {
      title: 'Tasdiqlanmagan',
      detail: 'Faqat tasdiqlangan yozilishda kelgan-kelmaganini belgilash mumkin.',
    },
    visit_ahead: {
      title: 'Qabul hali oldinda',
      detail: 'Qabulni faqat oʻz kunidan boshlab belgilash mumkin.',
    },
    attendance_final: {
      title: 'Belgi oʻzgarmaydi',
      detail: 'Belgini faqat qoʻyilgan kunida oʻzgartirish yoki olib tashlash mumkin.',
    },
    already_attended: {
      title: 'Qabul belgilangan',
      detail:
        'Bemorning kelgan-kelmagani belgilangan, shuning uchun qabulni bekor qilib yoki koʻchirib boʻlmaydi.',
    },
    slot_held: {
      title: 'Vaqt band qilinmoqda',
      detail: 'Bu vaqtni hozir kimdir band qilmoqda. Boshqasini tanlang yoki birozdan keyin urinib koʻring.',
    },
    held_recently: {
      title: 'Bu vaqtni hozirgina ushlab turgansiz',
      detail:
        'Bu vaqtni hozirgina ushlab turgansiz. Hoziroq yoziling yoki bir necha daqiqa kuting: avval boshqalarga navbat beriladi.',
    },
    clinic_closed: { title: 'Klinika yopiq', detail: 'Klinika shu kuni ishlamaydi.' },
    too_soon: { title: 'Juda kech', detail: 'Bu vaqt boshlanishiga juda oz qoldi.' },
    too_far_ahead: { title: 'Juda erta', detail: 'Klinika hozircha bunday uzoq kunlarga yozmaydi.' },
    too_many_appointments: {
      title: 'Qabullar juda koʻp',
      detail: 'Oldinda klinika ruxsat bergancha qabulingiz bor. Birini bekor qiling yoki oʻtishini kuting.',
    },
    service_not_given: {
      title: 'Shifokor bu xizmatni koʻrsatmaydi',
      detail: 'Bu vaqtdagi shifokor tanlangan xizmatni koʻrsatmaydi.',
    },
    service_in_use: {
      title: 'Xizmat ishlatilmoqda',
      detail:
        'Bu xizmatga qabul, kutish roʻyxatidagi yozuv yoki shifokor bogʻlangan. Uni oʻchirib qoʻyish mumkin.',
    },
    not_for_this_patient: {
      title: 'Bu bemor uchun emas',
      detail:
        'Xizmat shu kunda boshqa yoshdagilar uchun yoki boshqa bemorlar uchun: faqat birinchi qabul yoki faqat avval kelganlar uchun.',
    },
    not_enough_time: {
      title: 'Vaqt yetarli emas',
      detail: 'Xizmat bu vaqtdan boshlab boʻsh turgan vaqtdan uzunroq.',
    },
    no_room_free: { title: 'Boʻsh xona yoʻq', detail: 'Bu vaqtda xizmatga kerakli boʻsh xona yoʻq.' },
    not_same_doctor: {
      title: 'Boshqa shifokorning vaqti',
      detail:
        'Qabul faqat oʻsha shifokorning boshqa vaqtiga koʻchiriladi. Boshqa shifokorga qaytadan yoziling.',
    },
    request_in_progress: {
      title: 'Soʻrov hali bajarilmoqda',
      detail:
        'Xuddi shu `Idempotency-Key` bilan yuborilgan soʻrov hali bajarilmoqda. Birozdan keyin takrorlang.',
    },
    doctor_absent: { title: 'Shifokor yoʻq', detail: 'Bu vaqtda shifokor boʻlmaydi.' },
    schedule_overlap: {
      title: 'Ish soatlari kesishadi',
      detail:
        'Hozirgina kimdir bu haftaga shu soatlar bilan kesishadigan vaqt yozdi. Tekshirib, qaytadan urinib koʻring.',
    },
    holiday_exists: {
      title: 'Allaqachon dam olish kuni',
      detail: 'Bu kun dam olish kuni sifatida belgilangan.',
    },
    absence_overlap: {
      title: 'Yoʻqlik davrlari kesishadi',
      detail: 'Shifokorning bu vaqtga belgilangan yoʻqlik davri bor.',
    },
    already_waiting: {
      title: 'Allaqachon navbatda',
      detail: 'Bemor aynan shuni allaqachon kutmoqda.',
    },
    too_many_waitlist_entries: {
      title: 'Navbatlar soni koʻp',
      detail:
        'Bemor bir vaqtda koʻpi bilan 10 ta yozuv boʻyicha navbat kutishi mumkin. Avval bittasidan chiqing.',
    },
    too_many_dependants: {
      title: 'Qaramogʻidagilar soni koʻp',
      detail: 'Bitta hisob bir vaqtda koʻpi bilan 10 kishiga gʻamxoʻrlik qila oladi.',
    },
    too_many_guardians: {
      title: 'Vasiylar soni koʻp',
      detail: 'Bir kishiga bir vaqtda koʻpi bilan 10 kishi gʻamxoʻrlik qila oladi.',
    },
    dependant_has_visits: {
      title: 'Oldinda qabullar bor',
      detail:
        'Bu kishiga boshqa hech kim gʻamxoʻrlik qilmaydi, oldinda esa qabullari bor. Avval ularni bekor qiling yoki boshqa vasiyni taklif qiling.',
    },
    offer_lapsed: {
      title: 'Taklif muddati tugagan',
      detail: 'Hozir taklif yoʻq: uning muddati tugagan yoki unga allaqachon javob berilgan.',
    },
    message_not_failed: {
      title: 'Takrorlab boʻlmaydi',
      detail: 'Faqat yuborilmay qolgan xabarni qayta yuborish mumkin.',
    },
    too_many_feeds: {
      title: 'Taqvimlar juda koʻp',
      detail: 'Yana taqvim ochib boʻlmaydi; avval bittasini oʻchiring.',
    },
    channel_not_offered: {
      title: 'Bu usul mavjud emas',
      detail: 'Klinika xabarlarni bu yoʻl bilan yubormaydi.',
    },
    version_mismatch: {
      title: 'Yozuv oʻzgargan',
      detail: 'Yozuv siz koʻrganingizdan keyin oʻzgargan. Uni qayta oʻqib, keyin qaror qiling.',
    },
    payload_too_large: {
      title: 'Soʻrov tanasi juda katta',
      detail: 'Soʻrov tanasi ruxsat etilganidan katta.',
    },
    uri_too_long: { title: 'Manzil juda uzun', detail: 'Soʻrov manzili ruxsat etilganidan uzun.' },
    unsupported_media_type: {
      title: 'Bunday format qoʻllanmaydi',
      detail:
        'Tanani `Content-Type: application/json` koʻrinishida, rasmni JPEG, PNG yoki WebP sifatida yuboring.',
    },
    idempotency_key_reused: {
      title: 'Kalit ishlatilgan',
      detail:
        'Bu `Idempotency-Key` avval boshqa soʻrov bilan kelgan. Har bir yangi soʻrovga yangi kalit kerak.',
    },
    headers_too_large: {
      title: 'Sarlavhalar juda katta',
      detail: 'Soʻrov sarlavhalari ruxsat etilganidan katta.',
    },
    too_many_requests: { title: 'Soʻrovlar juda koʻp', detail: 'Biroz kutib, qaytadan urinib koʻring.' },
    too_many_streams: {
      title: 'Jonli yangilanishlar koʻp',
      detail:
        'Sizda mumkin boʻlgancha jonli yangilanish ochiq. Birini yoping yoki birozdan soʻng urinib koʻring.',
    },
    internal_error: { title: 'Ichki xato', detail: 'Bizning tomonda xato yuz berdi. U qayd etildi.' },
    overloaded: {
      title: 'Yuklama juda katta',
      detail:
        'Hozir javob berib ulgurish mumkin boʻlganidan koʻproq soʻrov kelmoqda. Birozdan soʻng takrorlang.',
    },
    database_unavailable: {
      title: 'Vaqtincha ishlamayapti',
      detail: 'Hozir maʼlumotlar bazasi bilan aloqa yoʻq. Birozdan soʻng takrorlang.',
    },
    record_busy: {
      title: 'Yozuv band',
      detail: 'Bu yozuvni hozir boshqa kishi oʻzgartirmoqda va hali tugatmagan. Birozdan soʻng takrorlang.',
    },
    provider_unavailable: {
      title: 'Xizmat javob bermayapti',
      detail: 'Buning uchun kerakli xizmat hozir javob bermayapti. Birozdan soʻng takrorlang.',
    },
    data_keys_missing: {
      title: 'Shifrlash kaliti yoʻq',
      detail:
        'Klinika serverida bu yerda shifrlangan holda saqlanadigan maʼlumot uchun kalit yoʻq. U `DATA_KEYS` da beriladi.',
    },
  },
  did_you_mean: 'Balki `{name}` demoqchi boʻlgandirsiz?',
  types: {
    int: 'Butun son',
    number: 'Son',
    string: 'Matn',
    boolean: '`true` yoki `false`',
    array: 'Roʻyxat',
    object: 'Obyekt',
    record: 'Obyekt',
  },
  fields: {
    required: 'Bu maydon majburiy.',
    unknown_field: 'Bu yerda bunday maydon yoki parametr yoʻq.',
    invalid_type: '{expected} kutilgan.',
    invalid_choice: 'Quyidagilardan biri boʻlishi kerak: {values}.',
    not_listed: 'Klinika roʻyxatida yoʻq.',
    invalid_format: 'Format notoʻgʻri.',
    invalid_characters: 'Ruxsat etilmagan belgilar bor.',
    invalid_date: 'YYYY-OO-KK koʻrinishidagi taqvim sanasi boʻlishi kerak.',
    invalid_time: '00:00 dan 24:00 gacha, butun daqiqalarda SS:DD koʻrinishidagi vaqt boʻlishi kerak.',
    invalid_email: 'Elektron pochta manzili boʻlishi kerak.',
    invalid_phone: 'Bunday raqam yoʻq; masalan, +998 90 123 45 67 deb yozing.',
    invalid_username:
      '3 tadan 50 tagacha lotin harfi, raqam, nuqta, chiziqcha yoki pastki chiziq; birinchisi harf boʻlsin.',
    too_short: 'Kamida {minimum} ta belgi boʻlishi kerak.',
    too_long: 'Koʻpi bilan {maximum} ta belgi boʻlishi kerak.',
    too_small: '{minimum} dan kam boʻlmasligi kerak.',
    too_big: '{maximum} dan oshmasligi kerak.',
    too_many_words: 'Koʻpi bilan 6 ta soʻz boʻyicha qidiring.',
    password_length: 'Uzunligi 10 dan 72 baytgacha boʻlishi kerak.',
    password_is_username: 'Foydalanuvchi nomi bilan bir xil boʻlmasligi kerak.',
    password_common:
      'Bu eng koʻp uchraydigan parollardan biri, ular birinchi boʻlib sinaladi. Boshqasini tanlang.',
    wrong_password: 'Bu hisobning paroli emas.',
    proof_required: 'Parol yoki hozirgacha tasdiqlangan aloqaga yuborilgan `proof_code` kerak.',
    end_before_start: 'Boshlanish vaqtidan keyin boʻlishi kerak.',
    slot_length: 'Qabul 5 daqiqadan 12 soatgacha davom etadi.',
    range_reversed: 'Boshidan kichik boʻlmasligi kerak.',
    range_too_long: 'Davr juda uzun; koʻpi bilan {days} kun.',
    service_required: 'Shifokor xizmatlar koʻrsatadi: keraklisini koʻrsating.',
    repeated: 'Har biri bu yerda faqat bir marta turishi mumkin.',
    doctor_or_specialization: 'Yo shifokorni, yo mutaxassislikni koʻrsating, ikkalasini emas.',
    date_or_range: 'Yo `date`, yo `from` va `to` ni koʻrsating.',
    in_past: 'Oʻtgan vaqt boʻlmasligi kerak.',
    no_slot_fits: 'Bu vaqtlar orasiga bunday uzunlikdagi birorta ham qabul sigʻmaydi.',
    too_many_slots: 'Bir soʻrovda koʻpi bilan {maximum} ta qabul ochiladi, bu yerda esa undan koʻp.',
    hours_overlap: '`{other}` bilan kesishadi: ikkalasi ham shu kunlarda amal qiladi.',
    birth_in_future: 'Kelajakda boʻlishi mumkin emas.',
    not_a_child: '18 yoshdan kichik boʻlishi kerak. Kattalarning oʻz hisobi boʻladi.',
    needed_by_guardians: 'Boʻsh qoldirib boʻlmaydi: 18 yoshga toʻlguncha bu kishiga boshqalar qaraydi.',
    not_for_role: 'Bu kishining roliga tegishli emas.',
    consent_required: 'Qiymati true boʻlishi kerak: shartlarni qabul qilmasdan roʻyxatdan oʻtib boʻlmaydi.',
    reason_without_cancel: 'Sabab faqat bekor qilishda koʻrsatiladi.',
    upcoming_without_leaving: 'Faqat `is_active: false` yoki yangi rol bilan birga koʻrsatiladi.',
    three_letters: 'Telefon yoki tugʻilgan kun koʻrsatilmasa, ismning uch harfi kerak.',
    unknown_specialization: 'Klinikaning mutaxassisliklar roʻyxatida yoʻq.',
    same_person: 'Boshqa karta boʻlishi kerak.',
    nothing_to_change: 'Oʻzgartirish uchun kamida bitta maydonni koʻrsating.',
    invalid_etag: 'Qoʻshtirnoqdagi belgilar, masalan "3", yoki * boʻlishi kerak.',
    invalid_cursor: 'Boʻsh yoki `next` dagidek boʻlishi va `page` siz turishi kerak.',
    stands_alone: 'Alohida, faqat `page_size` va `cursor` bilan turishi kerak.',
  },
};
