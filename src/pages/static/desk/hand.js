/**
 * Whether something is pressed or dragged at this moment. What is drawn anew under the hand takes the press and the drag with it:
 * nothing is clicked, and nothing is dropped. So drawing waits until the hand is empty, whatever it is for.
 */

let isPressed = false;
let isDragged = false;
let waiting;
export const isInHand = () => isPressed || isDragged;

/** Draws now, or once the hand is empty: of several that wait the last. */
export function withEmptyHand(draw) {
  if (isInHand()) waiting = draw;
  else draw();
}

function drawWhatWaits() {
  if (isInHand() || !waiting) return;
  const draw = waiting;
  waiting = undefined;
  draw();
}

const on = (types, change) => {
  const changed = (event) => {
    change(event);
    // The click, and the drop, come in the same turn as what lets go.
    if (waiting) setTimeout(drawWhatWaits);
  };
  for (const type of types) document.addEventListener(type, changed, true);
};

on(['pointerdown'], () => {
  isPressed = true;
});
// Of what is dragged there are no pointer events until it is let go.
on(['pointerup', 'pointercancel'], () => {
  isPressed = false;
});
on(['dragstart'], () => {
  isDragged = true;
});
on(['dragend', 'drop'], () => {
  isDragged = false;
});
// What was let go outside of the window is told by the next movement.
on(['pointermove'], ({ buttons }) => {
  isDragged = false;
  if (buttons === 0) isPressed = false;
});
