import { describe, expect, test } from 'vitest';
import type { MessageKind } from '../../src/core/messages.ts';
import { messageTexts } from '../../src/i18n/index.ts';
import { withLinks } from '../../src/modules/notifications/texts/links.ts';
import { smsSize } from '../../src/modules/notifications/texts/sms.ts';
import { writeMessage } from '../../src/modules/notifications/texts/write.ts';

const place = { branch: 'Chilonzor', address: 'Bunyodkor 12', phone: '+998712000000' };
const facts = (kind: MessageKind, more: object = {}) => ({
  kind,
  role: 'patient' as const,
  visit: {
    date: '2030-03-12',
    start_time: '10:00',
    doctor_first_name: 'Jasur',
    doctor_last_name: 'Yusupov',
    patient_first_name: 'Aziza',
    patient_last_name: 'Karimova',
    cancel_reason: null,
    place,
  },
  clinic: 'Shifo',
  params: {},
  happened: { date: '2030-03-04', time: '09:00:00' },
  today: '2030-03-04',
  ...more,
});

describe('a message that leads a patient to the clinic', () => {
  test.each(['booked', 'confirmed', 'moved', 'reminder'] as const)('says where to go: %s', (kind) => {
    for (const locale of ['uz', 'ru', 'en'] as const)
      expect(writeMessage(locale, facts(kind))?.text.split('\n').at(-1)).toBe(
        'Shifo, Chilonzor, Bunyodkor 12, +998712000000',
      );
  });

  test('names the branch only where the clinic has several, and nothing that is not known', () => {
    const alone = { ...facts('confirmed').visit, place: { branch: null, address: null, phone: null } };
    expect(writeMessage('en', facts('confirmed', { visit: alone }))?.text).toMatch(/\nShifo$/);
    const nameless = facts('confirmed', { visit: alone, clinic: undefined });
    expect(writeMessage('en', nameless)?.text).not.toContain('\n');
    const same = { ...alone, place: { ...place, branch: 'Shifo' } };
    expect(writeMessage('en', facts('confirmed', { visit: same }))?.text).toMatch(/\nShifo, Bunyodkor 12/);
  });

  test('as an SMS names the clinic only, and never becomes a second SMS for it', () => {
    for (const locale of ['uz', 'ru', 'en'] as const)
      for (const kind of ['confirmed', 'reminder'] as const) {
        const [plain, named] = [
          writeMessage(locale, facts(kind, { clinic: undefined }))?.sms ?? '',
          writeMessage(locale, facts(kind))?.sms ?? '',
        ];
        expect(smsSize(named).segments).toBe(smsSize(plain).segments);
        expect([plain, `Shifo: ${plain}`]).toContain(named);
        expect(named).not.toContain('Bunyodkor');
      }
    expect(writeMessage('en', facts('confirmed'))?.sms).toMatch(/^Shifo: /);
    const long = writeMessage('en', facts('confirmed', { clinic: 'X'.repeat(200) }))?.sms ?? '';
    expect(smsSize(long).segments).toBe(1);
  });

  test('as a reminder by SMS counts the link that follows, and the child’s name before', () => {
    const public_url = 'https://zapis.klinika-shifo.uz';
    const clinic = 'Klinika Shifo Chilonzor';
    const counted = (locale: 'uz' | 'ru', more: object) => {
      const words = writeMessage(locale, facts('reminder', { public_url, ...more }));
      const address = `${public_url}/api/visits/${'A'.repeat(22)}/`;
      const links = { coming: address, cancel: address, pending: false };
      return smsSize(words ? withLinks('sms', words, links, messageTexts(locale)) : '').segments;
    };
    const doctor = (doctor_first_name: string, doctor_last_name: string) => ({
      visit: { ...facts('reminder').visit, doctor_first_name, doctor_last_name },
    });
    for (const more of [
      {},
      { whose: ['Muhammadyusuf', 'Karimov'] },
      doctor('Jasur', 'Abdurahmonov'),
      doctor('Жасур', 'Абдурахмонов'),
      { ...doctor('Жасур', 'Юсупов'), whose: ['Мухаммадюсуф', 'Каримов'] },
    ])
      for (const locale of ['uz', 'ru'] as const)
        expect(counted(locale, { ...more, clinic }), `${locale} ${JSON.stringify(more)}`).toBe(
          counted(locale, { ...more, clinic: undefined }),
        );
  });

  test('says nothing of it to the doctor, nor where nobody sets out', () => {
    expect(writeMessage('en', { ...facts('confirmed'), role: 'doctor' })?.text).not.toContain('Shifo');
    expect(writeMessage('en', facts('cancelled'))?.text).not.toContain('Shifo');
  });
});
