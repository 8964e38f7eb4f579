import { serverNow } from './api.js';
import { h } from './dom.js';
import { many } from './text.js';

const HOUR = 3_600;
const DAY = 24 * HOUR;
const two = (number) => String(number).padStart(2, '0');

/** @param left seconds @returns "4:59", of more than an hour "2:04:59", of more than two days "3 days" */
function inWords(left) {
  if (left >= 2 * DAY) return many('days', Math.floor(left / DAY));
  const minutes = Math.floor(left / 60) % 60;
  const seconds = two(left % 60);
  return left < HOUR ? `${minutes}:${seconds}` : `${Math.floor(left / HOUR)}:${two(minutes)}:${seconds}`;
}

/**
 * How long something is kept, counting down by the server's clock.
 * @param until an instant
 * @param tell the words around minutes and seconds
 * @param then what happens when it is over
 */
export function countdown(until, tell, then) {
  const end = Date.parse(until);
  const element = h('p', { class: 'countdown', role: 'timer' });
  const tick = () => {
    const left = Math.max(0, Math.floor((end - serverNow()) / 1_000));
    element.textContent = tell(inWords(left));
    element.classList.toggle('soon', left <= 60);
    if (left > 0) return;
    clearInterval(timer);
    if (element.isConnected) then();
  };
  const timer = setInterval(() => (element.isConnected ? tick() : clearInterval(timer)), 1_000);
  tick();
  return element;
}
