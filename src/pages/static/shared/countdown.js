import { serverNow } from './api.js';
import { h } from './dom.js';

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
    element.textContent = tell(`${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`);
    element.classList.toggle('soon', left <= 60);
    if (left > 0) return;
    clearInterval(timer);
    if (element.isConnected) then();
  };
  const timer = setInterval(() => (element.isConnected ? tick() : clearInterval(timer)), 1_000);
  tick();
  return element;
}
