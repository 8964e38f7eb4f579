import { forgetKey, get, keyFor, newKey, post } from '../shared/api.js';
import { isPatient } from '../shared/caller.js';
import { servicesOf } from '../shared/clinic.js';
import { countdown } from '../shared/countdown.js';
import { h, put, show } from '../shared/dom.js';
import { go, link } from '../shared/route.js';
import { me } from '../shared/session.js';
import { signIn } from '../shared/signin.js';
import { language, t } from '../shared/text.js';
import { choice, empty, explain, field, form, note, valuesOf, waiting } from '../shared/ui.js';
import { people } from './people.js';
import { serviceChoice } from './services.js';
import { alternativesList, choose, keptSlot } from './slot-buttons.js';
import { summary } from './summary.js';

/** The last step: the slot is held while one says for whom, and for what. */

/** What is being booked in this tab: after a reload it goes on, with the same key. */
const PENDING = 'booking';
const pending = () => JSON.parse(sessionStorage.getItem(PENDING) ?? 'null');

/** What is chosen and typed for a slot: it stays through a reload, and for another slot in its place. */
const WISH = (id) => `wish:${id}`;
const keepWish = (id, wish) => sessionStorage.setItem(WISH(id), JSON.stringify({ ...wish, whose: me().id }));
function keptWish(id) {
  const wish = JSON.parse(sessionStorage.getItem(WISH(id)) ?? '{}');
  return wish.whose === me().id ? wish : {};
}

/** The rest of a slot's day, for whom its own time is gone. */
const backTo = (slot) => link({ doctor: slot.doctor.id });

async function book(body) {
  sessionStorage.setItem(PENDING, JSON.stringify(body));
  try {
    const { id } = await post('/appointments/', body, { key: keyFor('book', body) });
    sessionStorage.removeItem(WISH(body.timeslot));
    done(id);
  } catch (error) {
    sessionStorage.removeItem(PENDING);
    // The first answer was lost, and another tab or device has booked it for the same person.
    if (error.code === 'already_yours' && error.appointment) return done(error.appointment.id);
    throw error;
  }
}

function done(id) {
  sessionStorage.removeItem(PENDING);
  forgetKey('book');
  return go({ done: id }, { replace: true });
}

/** What can be had in place of a slot that can't. @param own whom the slot was with */
function refused(problem, slot) {
  const others = problem.alternatives ?? [];
  return h(
    'div',
    { class: 'refused', role: 'alert' },
    h('p', {}, explain(problem)),
    others.length > 0 && [
      h('p', {}, t('instead')),
      alternativesList(
        others,
        (other) => {
          keepWish(other.id, keptWish(slot.id));
          return choose(other, {}, { replace: true });
        },
        slot.doctor.id,
      ),
    ],
    h('a', backTo(slot), t('all_times')),
  );
}

/** Of a doctor who gives services, the shortest is what most come for. */
const usual = (services) =>
  services.reduce(
    (best, service) => (best && best.duration_minutes <= service.duration_minutes ? best : service),
    undefined,
  );

function signInFirst(slot) {
  show(
    t('almost_there'),
    h('a', { class: 'back', ...backTo(slot) }, t('back')),
    h('div', { class: 'card' }, summary(slot)),
    h('h2', {}, t('who_are_you')),
    signIn(),
  );
}

export async function visitView({ doctor, slot: id }, isCurrent) {
  const slot = keptSlot(id);
  // Somebody else's link: its time is not known here.
  if (!slot) return go({ doctor, gone: 1 }, { replace: true });
  if (!me()) return signInFirst(slot);
  if (!isPatient())
    return show(t('for_patients'), empty(t('for_patients_text'), h('a', { href: '/desk/' }, t('to_desk'))));
  const unfinished = pending();
  if (String(unfinished?.timeslot) === id) {
    show(t('finishing'), waiting());
    return book(unfinished).catch((error) => show(t('not_booked'), refused(error, slot)));
  }
  const [services, dependants] = await Promise.all([servicesOf(slot.doctor.id), get('/patient/dependants/')]);
  if (!isCurrent()) return;
  await draw(slot, services, dependants);
}

function draw(slot, services, dependants) {
  const kept = h('div', { class: 'kept' });
  const prepare = h('div', {});
  const before = keptWish(slot.id);
  const known = (list, id) => list.find((one) => one.id === id)?.id;
  const wanted = {
    service: before.service === null ? undefined : (known(services, before.service) ?? usual(services)?.id),
    patient: known(dependants, before.patient),
  };

  /** Holds the slot for whoever and whatever is chosen; without a hold it can still be booked. */
  async function hold() {
    const { service, patient } = wanted;
    const isWanted = () => service === wanted.service && patient === wanted.patient;
    const chosen = services.find(({ id }) => id === service);
    put(
      prepare,
      chosen?.preparation && [h('h2', {}, t('prepare')), h('p', {}, chosen.preparation[language])],
    );
    try {
      const held = await post(`/timeslots/${slot.id}/hold/`, { service, patient }, { key: newKey() });
      if (!isWanted()) return;
      put(
        kept,
        countdown(
          held.expires_at,
          (left) => t('kept_for_you', { left }),
          () => put(kept, h('p', { class: 'hint' }, t('no_longer_kept'))),
        ),
      );
    } catch (error) {
      if (!isWanted()) return;
      if (error.code === 'held_recently') put(kept, h('p', { class: 'hint' }, t('no_longer_kept')));
      else if (error.appointment) await go({ done: error.appointment.id }, { replace: true });
      else if (error.status === 401) throw error;
      else put(kept, refused(error, slot));
    }
  }

  const choices = [
    dependants.length > 0 &&
      choice('patient', t('for_whom'), people(dependants), wanted.patient ?? '', ({ target }) => {
        wanted.patient = target.value === '' ? undefined : Number(target.value);
        return hold();
      }),
    serviceChoice(services, wanted.service, ({ target }) => {
      wanted.service = target.value === '' ? undefined : Number(target.value);
      return hold();
    }),
  ];
  const sent = form(
    [choices, prepare, field('reason', t('reason'), { rows: 2, maxlength: 500, hint: t('reason_hint') })],
    t('book'),
    async ({ reason }) => {
      try {
        await book({ timeslot: slot.id, ...wanted, reason });
      } catch (error) {
        if (!error.alternatives?.length) throw error;
        put(kept, refused(error, slot));
        kept.scrollIntoView({ block: 'center' });
        note(t('not_booked'), 'bad');
      }
    },
    {
      oninput: () => {
        const { patient, service, reason } = valuesOf(sent);
        // None is a choice, too.
        keepWish(slot.id, { patient: Number(patient), service: service ? Number(service) : null, reason });
      },
    },
  );
  sent.elements.reason.value = before.reason ?? '';
  show(
    t('almost_there'),
    h('a', { class: 'back', ...backTo(slot) }, t('other_time')),
    h('div', { class: 'card' }, summary(slot)),
    kept,
    sent,
  );
  return hold();
}
