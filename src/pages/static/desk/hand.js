/**
 * Whether something is pressed or dragged at this moment. What is drawn anew under the hand takes the press and the drag with it:
 * nothing is clicked, and nothing is dropped.
 */

let isPressed = false;
let isDragged = false;
export const isInHand = () => isPressed || isDragged;

const on = (types, change) => {
  for (const type of types) document.addEventListener(type, change, true);
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
