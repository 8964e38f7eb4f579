import { post } from '../shared/api.js';
import { h, put } from '../shared/dom.js';
import { me, update } from '../shared/session.js';
import { phoneText, t } from '../shared/text.js';
import { action, field, form, note } from '../shared/ui.js';

/** Whoever has not confirmed a phone gets no message; it can be done here, with a code. */
export function confirmPhone() {
  const { phone, phone_verified_at } = me();
  if (!phone || phone_verified_at) return undefined;
  const place = h('section', { class: 'card quiet' });
  const confirm = () =>
    form(
      [
        h('p', {}, t('phone_code_sent', { phone: phoneText(phone) })),
        field('code', t('code'), { inputmode: 'numeric', autocomplete: 'one-time-code' }),
      ],
      t('confirm_phone'),
      async ({ code }) => {
        const user = await post('/auth/phone/verify/confirm/', { code: code ?? '' });
        update(user);
        place.remove();
        note(t('phone_confirmed'));
      },
    );
  put(
    place,
    h('p', {}, t('confirm_phone_why', { phone: phoneText(phone) })),
    action(t('confirm_phone'), async () => {
      await post('/auth/phone/verify/', {});
      put(place, confirm());
      place.querySelector('input').focus();
    }),
  );
  return place;
}
