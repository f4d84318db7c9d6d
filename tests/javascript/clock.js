// SPDX-License-Identifier: LGPL-2.1-or-later
// A clock that a test turns, so that it does not matter what else the machine has to do. To be imported before Nx, which keeps `Date.now`.
import GLib from 'gi://GLib';

const WATCH_PRIORITY = 10 * GLib.PRIORITY_HIGH - 1;
let now = Date.now();
let began = now; // of this turn of the loop

Date.now = () => now;

/** Time in which nobody does anything. */
export function letTimePass(ms) {
    now += ms;
    began += ms;
}

/** Stops the loop for so long that it is told of. */
export function block() {
    now += 130;
    // Of which C sees this much.
    for (const end = GLib.get_monotonic_time() + 5000; GLib.get_monotonic_time() < end;)
        continue;
    // In the next turn, after who watches them.
    GLib.idle_add(WATCH_PRIORITY, () => {
        began = now;
        return GLib.SOURCE_REMOVE;
    });
}

/** Has C tell of each turn in which promises were served that took any time, and @func hear of those that did by this clock. */
export function watchByThisClock(Nx) {
    const {watch_turns: watchTurns} = Nx;
    Nx.watch_turns = (priority, limit, func) => watchTurns(priority, 0, () => {
        if (now - began > limit)
            func(now - began);
    });
}
