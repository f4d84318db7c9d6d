/* exported parseJson, toJson */
// SPDX-License-Identifier: LGPL-2.1-or-later
// JSON, both ways, where JSON.stringify() and JSON.parse() would say nothing of what is lost: a number that is none becomes null there, and one
// that is too large becomes Infinity.
const {InvalidData} = imports.overrides.nexws.errors;
const {cut, kindOf} = imports.overrides.nexws.words;

// Without one of these no number of a text is beyond what a double holds.
const MAY_BE_TOO_LARGE = /[eE]\+?\d{3}|\d{309}/;

/**
 * Walks over what JSON.stringify() does.
 *
 * @param {any} value - what may have no JSON
 * @param {string} path - where it is
 * @param {object[]} above - in what it is
 * @returns {string?} where something in it has none, and what that is
 */
function findMisfit(value, path = 'value', above = []) {
    if (typeof value?.toJSON === 'function')
        value = value.toJSON();
    if (typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value)))
        return `${path} is ${kindOf(value)}`;
    if (typeof value !== 'object' || value === null)
        return null;
    if (above.includes(value))
        return `${path} is an object that it is in itself`;
    const isArray = Array.isArray(value);
    for (const [name, member] of Object.entries(value)) {
        const misfit = findMisfit(member, isArray ? `${path}[${name}]` : `${path}.${name}`, [...above, value]);
        if (misfit !== null)
            return misfit;
    }
    return null;
}

/**
 * @param {any} value - a plain object, an array, a string, a number, true, false or null
 * @param {string} where - whose mistake it is if it has no JSON
 * @returns {string} it as JSON
 */
function toJson(value, where) {
    let text;
    let cause = null;
    try {
        text = JSON.stringify(value);
    } catch (error) {
        cause = error;
    }
    // A number that is none has become null by now.
    const misfit = cause !== null || text?.includes('null') ? findMisfit(value) : null;
    if (misfit !== null)
        throw new TypeError(`${where}(value): ${misfit}, which has no JSON`);
    if (cause !== null)
        throw cause;
    if (text === undefined)
        throw new TypeError(`${where}(value): ${kindOf(value)} has no JSON; a plain object, an array, a string, a number, true, false or null has`);
    return text;
}

function hasInfinite(value) {
    if (typeof value === 'object' && value !== null)
        return Object.values(value).some(hasInfinite);
    return value === Infinity || value === -Infinity;
}

/**
 * @param {string} text - what came
 * @returns {any} it as a value
 */
function parseJson(text) {
    let value;
    try {
        value = JSON.parse(text);
    } catch (error) {
        throw new InvalidData(`A message that is no JSON came: ${error.message}`);
    }
    if (MAY_BE_TOO_LARGE.test(text) && hasInfinite(value))
        throw new InvalidData(`A message with a number that is too large came: ${cut(text)}`);
    return value;
}
