/* exported cut, kindOf */
// SPDX-License-Identifier: LGPL-2.1-or-later
// What a message about a mistake says of the value that was one.

const MAX_SHOWN = 60;

/** @returns {string} as much of a text as a message of ours shows */
function cut(text) {
    return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

/** @returns {string} what a wrong argument is, for a message about it */
function kindOf(value) {
    if (value === null || value === undefined)
        return String(value);
    if (typeof value === 'function')
        return 'a function';
    if (typeof value !== 'object')
        return `a ${typeof value}: ${cut(typeof value === 'string' ? JSON.stringify(value) : String(value))}`;
    return Object.getPrototypeOf(value) === Object.prototype ? 'a plain object' : `${/^[AEIOU](?!int)/.test(value.constructor?.name) ? 'an' : 'a'} ${value.constructor?.name ?? 'null object'}`;
}
