// Places of panels in pixels, with repeated panels in the place of the one they come from.

import { asPattern } from './variables.js';

const COLUMNS = 24;
const CELL = 30;
const GAP = 8;

/** Puts one panel for each value in the place of a panel that is to be repeated. */
export function repeated(panels, values) {
  let shift = 0;
  return panels.flatMap((panel) => {
    const at = { ...panel.gridPos, y: panel.gridPos.y + shift };
    if (!panel.repeat) {
      return [{ ...panel, gridPos: at }];
    }
    const of = values[panel.repeat];
    const perLine = Math.min(of.length, panel.maxPerRow);
    shift += (Math.ceil(of.length / perLine) - 1) * at.h;
    return of.map((value, index) => ({
      ...panel,
      id: `${panel.id}-${value}`,
      chosen: { [panel.repeat]: asPattern(value) },
      gridPos: {
        ...at,
        w: COLUMNS / perLine,
        x: (index % perLine) * (COLUMNS / perLine),
        y: at.y + Math.floor(index / perLine) * at.h,
      },
    }));
  });
}

/** Returns a panel's rectangle within a page of the given width. */
export function rectangle({ x, y, w, h }, pageWidth) {
  const column = (pageWidth + GAP) / COLUMNS;
  return {
    left: x * column,
    top: y * (CELL + GAP),
    width: w * column - GAP,
    height: h * (CELL + GAP) - GAP,
  };
}
