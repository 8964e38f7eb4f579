import { svg } from '../shared/dom.js';

/** Figures as drawings that are as wide as their place, so that their letters stay as large as the page's. */

const ROW = 44;
const BAR = 14;

/**
 * Bars one below the other.
 * @param rows `{label, value, text}`; a value of null has no bar
 * @param most the value of a whole bar
 */
export const bars = (rows, most, label) =>
  svg(
    'svg',
    { class: 'chart', role: 'img', 'aria-label': label, width: '100%', height: rows.length * ROW },
    rows.map(({ label: name, value, text }, index) => {
      const y = index * ROW;
      return svg(
        'g',
        {},
        svg('text', { x: 0, y: y + 15 }, name),
        svg('text', { x: '100%', y: y + 15, 'text-anchor': 'end', class: 'value' }, text),
        svg('rect', { x: 0, y: y + 22, width: '100%', height: BAR, rx: 3, class: 'track' }),
        value !== null &&
          svg('rect', {
            x: 0,
            y: y + 22,
            width: `${Math.min(100, (value / most) * 100)}%`,
            height: BAR,
            rx: 3,
            class: 'bar',
          }),
      );
    }),
  );

const CELL = 30;
const HEAD = 22;
const LEFT = 16;

/**
 * The hours of a week: a column for each weekday, a row for each hour, darker where there is more.
 * @param cells `{weekday (1 to 7), hour, value, text}`
 */
export function week(cells, most, label, weekdays) {
  const hours = [...new Set(cells.map(({ hour }) => hour))].sort((one, other) => one - other);
  const width = (100 - LEFT) / 7;
  const rect = ({ weekday, hour, value, text }) => {
    const x = LEFT + (weekday - 1) * width;
    const y = HEAD + hours.indexOf(hour) * CELL;
    const share = value === null ? 0 : Math.min(1, value / most);
    return [
      svg('rect', {
        x: `${x}%`,
        y,
        width: `${width - 0.6}%`,
        height: CELL - 3,
        rx: 3,
        class: `heat heat-${Math.round(share * 4)}`,
      }),
      svg(
        'text',
        {
          x: `${x + width / 2}%`,
          y: y + 18,
          'text-anchor': 'middle',
          class: `heat-text heat-text-${Math.round(share * 4)}`,
        },
        text,
      ),
    ];
  };
  return svg(
    'svg',
    { class: 'chart', role: 'img', 'aria-label': label, width: '100%', height: HEAD + hours.length * CELL },
    weekdays.map((name, index) =>
      svg('text', { x: `${LEFT + (index + 0.5) * width}%`, y: 14, 'text-anchor': 'middle' }, name),
    ),
    hours.map((hour, index) =>
      svg('text', { x: 0, y: HEAD + index * CELL + 18 }, `${String(hour).padStart(2, '0')}:00`),
    ),
    cells.flatMap(rect),
  );
}
