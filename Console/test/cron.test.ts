import { expect, it } from "vitest";
import { cronWords } from "../src/format/cron";

it.each([
  ["* * * * *", "every minute"], ["*/5 * * * *", "every 5 minutes"], ["0 * * * *", "every hour"], ["15,45 * * * *", "at 15 and 45 past every hour"],
  ["30 2 * * 1-5", "at 02:30, Monday to Friday"], ["30 2 * * MON-FRI", "at 02:30, Monday to Friday"], ["0 3 * * 0", "at 03:00, Sunday"], ["0 3 * * 7", "at 03:00, Sunday"],
  ["0 0 1 * *", "at 00:00, on the 1st"], ["0 6,18 * * *", "at 06:00 and 18:00"], ["0 0 L * *", "at 00:00, on the last day of the month"], ["0 0 1 1 *", "at 00:00, on the 1st, in January"],
  ["0 9-17 * * *", "every hour from 09:00 to 17:00"], ["0 */2 * * *", "every 2 hours"], ["@daily", "at 00:00"], ["0 30 2 * * *", "at 02:30"], ["0 0 13 * FRI", "at 00:00, on the 13th and every Friday"],
  // Better as they stand.
  ["*/7 3-9/2 * * *", ""], ["0 0 * * FRI#2", ""], ["0 0 L-3 * *", ""], ["0 99 nonsense", ""], ["", ""], ["constructor", ""],
])("says %s as %s", (cron, words) => expect(cronWords(cron)).toBe(words));
