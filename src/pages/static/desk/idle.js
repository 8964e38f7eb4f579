/** On a computer that many use, whoever goes away without signing out is signed out. */

const MINUTES = Number(document.body.dataset.idleMinutes);
const TOUCHES = ['pointerdown', 'keydown', 'wheel', 'touchstart'];

let timer;
/** @param then signs out after so many minutes without a touch @returns what ends the watch */
export function watchIdle(then) {
  let until;
  const end = () => {
    stop();
    then();
  };
  const touch = (event) => {
    // A computer that slept has not counted the minutes: whoever wakes it is somebody else, perhaps.
    if (event && Date.now() >= until) return end();
    clearTimeout(timer);
    until = Date.now() + MINUTES * 60_000;
    timer = setTimeout(end, MINUTES * 60_000);
  };
  const stop = () => {
    clearTimeout(timer);
    for (const kind of TOUCHES) removeEventListener(kind, touch);
  };
  for (const kind of TOUCHES) addEventListener(kind, touch, { passive: true });
  touch();
  return stop;
}
