// SPDX-License-Identifier: LGPL-2.1-or-later
// What the declarations for TypeScript name is there, and of that kind.
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import Nx from 'gi://Nx?version=1';

import {assertEqual, run, test} from './harness.js';

const text = new TextDecoder().decode(GLib.file_get_contents(GLib.getenv('DECLARATIONS'))[1]);

/** Of each class: its members, with whether they are static and functions. */
function* readMembers() {
    let klass = null;
    for (const line of text.split('\n')) {
        klass = /^ {8}class (\w+)/.exec(line)?.[1] ?? (line === '        }' ? null : klass);
        const member = /^ {12}(static )?(?:readonly )?(\w+)(\?)?(?:<.*?>)?([(:])/.exec(line);
        if (klass !== null && member !== null && member[2] !== 'constructor')
            yield {klass, isStatic: member[1] !== undefined, name: member[2], isOptional: member[3] !== undefined, isFunction: member[4] === '('};
    }
}

const isException = klass => Nx[klass].prototype instanceof Error;

test('every member', async () => {
    const missing = [];
    let n = 0;
    for (const {klass, isStatic, name, isOptional, isFunction} of readMembers()) {
        n++;
        // What GJS looks up for a virtual function is what the class implements, which those that do nothing do not.
        if (isOptional || isException(klass) || name.startsWith('vfunc_'))
            continue;
        const owner = isStatic ? Nx[klass] : Nx[klass].prototype;
        if (!(name in owner))
            missing.push(`${klass}.${name}`);
        else if (isFunction && typeof owner[name] !== 'function')
            missing.push(`${klass}.${name} is no function`);
    }
    assertEqual(missing, []);
    if (n < 100)
        throw new Error(`only ${n} members were found`);
});

test('every value of every enumeration', async () => {
    const wrong = [];
    for (const [, name, body] of text.matchAll(/enum (\w+) \{([^}]*)\}/g)) {
        let value = 0;
        for (const [, member, number] of body.matchAll(/(\w+)(?: = (-?\d+))?,?/g)) {
            value = number === undefined ? value : Number(number);
            if (Nx[name][member] !== value)
                wrong.push(`${name}.${member}`);
            value++;
        }
    }
    assertEqual(wrong, []);
});

test('every property that an app can be made with', async () => {
    const [, body] = /interface AppProperties \{([^}]*)\}/.exec(text);
    const names = [...body.matchAll(/(\w+)\?:/g)].map(([, name]) => name);
    const specs = Nx.App.list_properties?.call(Nx.App) ?? [];
    const known = new Set(specs.map(spec => spec.name.replace(/-(.)/g, (_, letter) => letter.toUpperCase())));
    assertEqual(names.filter(name => specs.length > 0 ? !known.has(name) : !(name in Nx.App.prototype)), []);
    assertEqual(GObject.type_is_a(Nx.App.$gtype, Nx.Router.$gtype), true);
});

await run();
