// SPDX-License-Identifier: LGPL-2.1-or-later
// Is the AsyncAPI document one? Does the JSON Schema take what the service takes, and nothing else?
const fs = require('fs');
const {spawnSync} = require('child_process');
const {Parser} = require('@asyncapi/parser');
const Ajv = require('ajv/dist/2020').default;

const service = process.argv[2];

function fail(words) {
    console.error(words);
    process.exit(1);
}

// A sample without more than it must have, and with.
const bare = {points: [], once: 1};
const sample = (name, ...values) => values.map(value => ['Sample', {...bare, [name]: value}]);
const without = name => {
    const {[name]: _, ...rest} = bare;
    return ['Sample', rest];
};
const scalars = [null, true, 0, 1, -1, 1.5, 255, 256, '', 'a', '1', [], ['a'], [1], {}, {a: 1}];
const members = ['boolean', 'char', 'uchar', 'int', 'uint', 'long', 'ulong', 'int64', 'uint64', 'float', 'double', 'text',
    'maybe-text', 'colour', 'style', 'words', 'time', 'octets', 'node', 'json-object', 'json-array', 'pair', 'anything',
    'point', 'points', 'fixed-points', 'once', 'computed', 'maybe_text', 'unknown', 'type'];

// Every member meets every kind of value, and then those that only it knows.
const cases = [
    ['Point', {}], ['Point', {x: 1}], ['Point', {x: 1, y: 5}], ['Point', {x: 1, y: 6}], ['Point', {x: 1, y: -5, label: 'a'}],
    ['Point', {x: 1, y: 0, label: null}], ['Point', {x: 2.0, y: 1e0}], ['Point', []], ['Point', null],
    ['Sample', bare], without('points'), without('fixed-points'), without('once'),
    ...members.flatMap(name => sample(name, ...scalars)),
    ...sample('char', -100, -101, 100, 101), ...sample('uint', 9, 10, 4294967295, 4294967296),
    ...sample('int', -2147483648, -2147483649, 2147483647, 2147483648), ...sample('ulong', 1000, 1001),
    ...sample('uint64', '18446744073709551615', '05', '+5', '0', 'x', '9007199254740993', 9007199254740992),
    ...sample('float', 1, 1.01, -1, -1.01), ...sample('double', 1e300, -1e300),
    ...sample('colour', 'red', 'dark-green', 'dark_green', 'RED'),
    ...sample('style', ['bold'], ['bold', 'wide', 'bold'], ['thin'], 'bold', [null]),
    ...sample('words', ['a', ''], ['a', null]),
    ...sample('time', '2024-02-29T23:59:00Z', '2024-02-29T23:59:00.125+05:30', '2024-02-29T23:59:00', '2024-02-29',
        '2024-02-29 23:59:00Z', '20240229T235900Z', '2024-02-29T23:59:00.Z', '2024-02-29T23:59:00z'),
    ...sample('octets', 'AP8=', 'AA==', 'AAAA', 'AP8', 'A P8', 'A=8=', '====', 'AA==AAAA', '_-AA'),
    ...sample('pair', ['a', 1], ['a', -1], ['a'], ['a', 1, 2], [1, 'a'], ['a', 4294967295], ['a', 4294967296]),
    ...sample('point', {x: 1, y: 1}, {x: 1}, {x: 1, y: 1, z: 1}, {x: 256, y: 1}),
    ...sample('points', [{x: 1, y: 1}], [{x: 1, y: 1}, {}], [null], {}),
    ...sample('fixed-points', [{x: 1, y: 1, label: ''}], [{x: 1, y: 9}]),
    ...sample('once', 9, 10),
];

function askService() {
    const input = cases.map(([type, value]) => `${type} ${JSON.stringify(value)}\n`).join('');
    const {status, stdout} = spawnSync(service, ['--judge'], {input, encoding: 'utf8'});
    if (status !== 0)
        fail(`the service ended with ${status}`);
    return stdout.trimEnd().split('\n');
}

function checkSchema() {
    const schema = JSON.parse(fs.readFileSync('schema.json', 'utf8'));
    const ajv = new Ajv({strict: false, validateFormats: false});
    if (!ajv.validateSchema(schema))
        fail(ajv.errorsText());
    ajv.addSchema(schema, 'service');
    const verdicts = askService();
    if (verdicts.length !== cases.length)
        fail(`${verdicts.length} verdicts on ${cases.length} cases`);
    const wrong = cases.filter(([type, value], i) =>
        ajv.getSchema(`service#/$defs/${type}`)(value) !== (verdicts[i] === 'yes'));
    for (const [type, value] of wrong)
        console.error(`${type} ${JSON.stringify(value)}: ${verdicts[cases.findIndex(one => one[1] === value)]}`);
    if (wrong.length > 0)
        fail('the schema says otherwise');
    const taken = verdicts.filter(verdict => verdict === 'yes').length;
    console.log(`ok ${cases.length} values, ${taken} of which are taken`);

    const message = ajv.getSchema('service#/$defs/BoardToServer');
    for (const [value, good] of [[{type: 'stop'}, true], [{type: 'stop', x: 1}, false], [{type: 'move', x: 1, y: 1}, true],
        [{x: 1, y: 1}, false], [{type: 'fly'}, false], [{type: 'tie', left: {right: null}}, true], [{type: 'tie', left: 1}, false]])
        if (message(value) !== good)
            fail(`${JSON.stringify(value)}: ${ajv.errorsText(message.errors)}`);
    console.log('ok messages');

    const painting = ajv.getSchema('service#/$defs/TalkToServer');
    for (const [tree, good] of [[{}, true], [{twigs: [{twigs: []}, {}]}, true], [{twigs: [{twigs: [1]}]}, false], [1, false]])
        if (painting({type: 'paint', n: 1, tree, lost: tree}) !== good)
            fail(`a tree ${JSON.stringify(tree)}: ${ajv.errorsText(painting.errors)}`);
    console.log('ok what holds itself');

    const rpc = (more, id = 1) => ({jsonrpc: '2.0', ...id === undefined ? {} : {id}, ...more});
    const point = {x: 1, y: 1};
    const calls = [
        ['DeskToServer', rpc({method: 'move', params: point}), true], ['DeskToServer', rpc({method: 'move', params: point}, undefined), true],
        ['DeskToServer', rpc({method: 'move', params: {x: 1}}), false], ['DeskToServer', rpc({method: 'move'}), false],
        ['DeskToServer', rpc({method: 'move', params: point}, true), false],
        ['DeskToServer', {method: 'move', params: point, id: 1}, false],
        ['DeskToServer', rpc({method: 'any of it', params: [1]}), true], ['DeskToServer', rpc({method: 'any of it'}), true],
        ['DeskToServer', rpc({method: 'any of it', params: 1}), false],
        ['DeskToServer', rpc({method: 'stop'}), true], ['DeskToServer', rpc({method: 'stop', params: []}), true],
        ['DeskToServer', rpc({method: 'stop', params: [1]}), false], ['DeskToServer', rpc({method: 'stop', params: {a: 1}}), false],
        ['DeskToServer', rpc({method: 'count'}), true], ['DeskToServer', rpc({method: 'count', params: {left: 1}}), false],
        ['DeskToServer', rpc({method: 'ask', params: point}), false], ['DeskToServer', rpc({result: true}), true],
        ['DeskToServer', rpc({result: 7}), false], ['DeskToServer', rpc({error: {code: 1, message: ''}}), true],
        ['DeskToServer', rpc({error: {code: 'x', message: ''}}), false],
        ['DeskToClient', rpc({method: 'ask', params: point}), true], ['DeskToClient', rpc({method: 'move', params: point}), false],
        ['DeskToClient', rpc({result: point}), true], ['DeskToClient', rpc({error: {code: 1, message: '', data: [1]}}), true],
        ['DeskToClient', rpc({error: 7}), false],
    ];
    for (const [type, value, good] of calls)
        if (ajv.getSchema(`service#/$defs/${type}`)(value) !== good)
            fail(`${type} ${JSON.stringify(value)} is not ${good}`);
    console.log(`ok ${calls.length} calls and answers`);
}

function checkMethods(document) {
    const operation = name => document.operations().get(name).json();
    const last = reference => reference.$ref?.split('/').pop() ?? reference.name;
    const lines = ['Desk.method.move', 'Desk.method.count', 'Desk.called.ask'].map(name => {
        const {action, messages, reply} = operation(name);
        return `${action} ${messages.map(last)} ${reply.messages.map(last)}`;
    });
    const wanted = ['receive move move,error', 'receive count count,error', 'send ask ask,error'];
    if (JSON.stringify(lines) !== JSON.stringify(wanted))
        fail(`methods: ${lines}`);
}

async function checkAsyncapi() {
    const {document, diagnostics} = await new Parser().parse(fs.readFileSync('asyncapi.json', 'utf8'));
    const faults = diagnostics.filter(one => one.severity <= 1);
    for (const {severity, code, message, path} of faults)
        console.error(severity, code, message, path.join('.'));
    if (document === undefined || faults.length > 0)
        fail('no AsyncAPI document');
    const addresses = document.channels().all().map(channel => channel.address()).sort();
    const wanted = ['/', '/desk', '/flights', '/made', '/talk', '/v1/board/{game}/{rest}'];
    if (JSON.stringify(addresses) !== JSON.stringify(wanted))
        fail(`channels: ${addresses}`);
    // Made by their route, or by a factory: the same class takes the same.
    for (const name of ['Board.receive', 'made.receive']) {
        const board = document.operations().get(name);
        const names = board.messages().all().map(one => one.name());
        if (board.action() !== 'receive' || JSON.stringify(names) !== JSON.stringify(['move', 'fill', 'tie', 'kind of', 'stop']))
            fail(`${name}: ${names}`);
    }
    checkMethods(document);
    console.log(`ok AsyncAPI ${document.version()}, ${document.operations().all().length} operations`);
}

checkSchema();
checkAsyncapi();
