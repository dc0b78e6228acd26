import type { History } from '../../recommenders/recommender.js';

/** A history as if only some of its events had happened: those whose places are kept. All else stays as it is. */
export function partialHistory(history: History, keeps: (place: number) => boolean): History {
  const places = [...history.item.keys()].filter(keeps);
  const codes = (values: Int32Array): Int32Array => Int32Array.from(places, (place) => values[place]!);
  const { type, platform, time, remembered } = history;
  return {
    ...history,
    item: codes(history.item),
    ...(type && { type: codes(type) }),
    ...(platform && { platform: codes(platform) }),
    ...(time && { time: Float64Array.from(places, (place) => time[place]!) }),
    ...(remembered && {
      remembered: {
        ...remembered,
        events: places.filter((place) => place < remembered.events).length,
      },
    }),
  };
}
