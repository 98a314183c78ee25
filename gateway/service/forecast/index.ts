export { type Cost, downloadCost, framesOf, type Link, reportCost, USUAL_LINK, withRepeats } from "./airtime.ts";
export { HORIZON } from "./course.ts";
export { type ForecastOptions, type Foreseen, forecast, type NodeForecast } from "./forecast.ts";
export { Forecaster, type ForecasterParts, wakesOf } from "./forecaster.ts";
export { type Habit, Habits, lossOf } from "./habits.ts";
export {
  type Draft,
  type ForecastNode,
  type Situation,
  UNLIKELY_REASONS,
  UNLIKELY_TEXT,
  type UnlikelyReason,
} from "./situation.ts";
export { type Wakes, wakeAfter, wakeAt } from "./wakes.ts";
