// What a job is doing, and what came of it, in words.

import { bytes, count } from "./words.js";

const figures = new Intl.NumberFormat("en");
const figure = (number) => figures.format(number);

const STAGES = {
  fetching: ["Fetching a network", ""],
  looking: ["Looking through the folders", "file"],
  reading: ["Reading pictures", "picture"],
  deriving: ["Computing vectors", "vector"],
  building: ["Bringing the index forward", "vector"],
};

/** What it is doing. */
export function stageWords(progress) {
  return STAGES[progress?.stage]?.[0] ?? "Getting ready";
}

/** How far it is, how quick, and how long it will take. */
export function pace(progress) {
  if (!progress) return "";
  const unit = STAGES[progress.stage]?.[1] ?? "";
  const amount = unit ? figure : bytes;
  const { done, total, failed, rate, seconds_left: left } = progress;
  const far = total ? `${amount(done)} of ${amount(total)}` : unit ? count(done, unit) : amount(done);
  return [
    far,
    failed ? `${figure(failed)} failed` : "",
    rate >= 1 ? `${amount(Math.round(rate))} a second` : "",
    left === null || left === undefined || !total ? "" : `${rough(left)} left`,
  ].filter(Boolean).join(" · ");
}

/** A stretch of time, as exact as one wants to know it. */
function rough(seconds) {
  if (seconds < 1) return "under a second";
  if (seconds < 90) return count(Math.round(seconds), "second");
  if (seconds < 5400) return count(Math.round(seconds / 60), "minute");
  return count(Math.round(seconds / 3600), "hour");
}

/**
 * What came of a job.
 * @returns {{told: string, lines: {path?: string, text: string}[], bad: boolean}}
 */
export function ending(job) {
  const lines = job.report ? details(job.report) : [];
  if (job.state === "failed") {
    const why = job.problem?.detail ?? "The server says no more than that.";
    return { told: `Indexing failed: ${why}`, lines, bad: true };
  }
  const told = job.report ? summary(job.report) : "";
  if (job.state === "stopped") {
    return { told: ["Stopped; what was done is kept.", told].filter(Boolean).join(" "), lines, bad: false };
  }
  return { told: told || "Everything is up to date.", lines, bad: false };
}

function summary(report) {
  const parts = [
    [report.added, "added"], [report.changed, "changed"], [report.moved, "moved"],
    [report.gone, "gone"], [report.described, "described anew"],
  ].filter(([number]) => number).map(([number, word]) => `${figure(number)} ${word}`);
  const failed = report.failed ? ` ${count(report.failed, "file")} could not be read.` : "";
  if (parts.length) return `Up to date: ${parts.join(", ")} in ${rough(report.seconds)}.${failed}`;
  if (report.unchanged) return `Nothing had changed among ${count(report.unchanged, "picture")}.${failed}`;
  return failed.trim() || "No pictures were found there.";
}

function details(report) {
  const lines = [
    ...report.renamed.map(([former, now]) => ({ path: former, text: ` is ${now} now; nothing was read again` })),
    ...report.unmounted.map((path) => ({ path, text: " has no picture now; what is known of it is kept" })),
    ...report.unlisted.map(([path, why]) => ({ path, text: ` could not be looked into (${why})` })),
    ...report.dropped.map(([path, why]) => ({ path, text: ` has to be learnt again, as it was ${why}` })),
    ...report.first_failures.map(({ path, message }) => ({ path, text: `: ${message}` })),
  ];
  const more = report.failed - report.first_failures.length;
  if (more > 0) lines.push({ text: `${count(more, "more failure")}: see Gallery` });
  return lines;
}
