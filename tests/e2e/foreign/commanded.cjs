// A station of the npm package `ocpp-rpc` that does what it is told: by OCPP 1.6 and 2.0.1, in the package's strict mode.
//
// Usage: commanded.cjs URL PASSWORD VERSION. It runs until it is killed, and prints a line of JSON for what it has done.

const { createHash, randomUUID } = require('node:crypto');
const http = require('node:http');
const { RPCClient } = require('ocpp-rpc');

const [url, password, version] = process.argv.slice(2);
const CUT_AFTER = 50_000;
const LOG = Buffer.from(Array.from({ length: 120_000 }, (_, n) => n % 251));
const old = version === 'ocpp1.6';
const now = () => new Date().toISOString();
const tell = (event) => console.log(JSON.stringify(event));

const client = new RPCClient({
    endpoint: url.slice(0, url.lastIndexOf('/')),
    identity: url.slice(url.lastIndexOf('/') + 1),
    password,
    protocols: [version],
    strictMode: true,
});

let transaction = null;
let number = 0;
let energy = 1_000;
const profiles = new Map();
// What follows an answer is done one after the other: a station sends one call at a time.
let duties = Promise.resolve();
const later = (duty) => {
    duties = duties.then(duty).catch((error) => {
        console.error(error);
        process.exit(1);
    });
};

function request(options, address, body) {
    return new Promise((resolve, reject) => {
        const sent = http.request(address, options, resolve);
        sent.on('error', reject);
        sent.end(body);
    });
}

async function read(answer, limit) {
    const pieces = [];
    let length = 0;
    for await (const piece of answer) {
        pieces.push(piece);
        length += piece.length;
        if (length >= limit) break;
    }
    return Buffer.concat(pieces).subarray(0, limit);
}

function must(answer, ...wanted) {
    if (!wanted.includes(answer.statusCode)) throw new Error(`HTTP ${answer.statusCode}`);
}

// Fetches a file by a connection that breaks off, and takes it up again.
async function fetchFile(address) {
    const first = await request({ agent: false }, address);
    must(first, 200);
    const start = await read(first, CUT_AFTER);
    first.destroy();
    const headers = { Range: `bytes=${start.length}-`, 'If-Range': first.headers.etag };
    const second = await request({ agent: false, headers }, address);
    must(second, 206);
    const whole = Buffer.concat([start, await read(second, Infinity)]);
    tell({ event: 'fetched', bytes: whole.length, sha256: createHash('sha256').update(whole).digest('hex') });
}

async function bringLog(address) {
    const answer = await request({ method: 'PUT', agent: false }, `${address}foreign.log`, LOG);
    must(answer, 200, 201);
    answer.resume();
    tell({ event: 'brought', bytes: LOG.length });
}

async function files(work, address, words, say) {
    await say(words[0]);
    await work(address);
    for (const word of words.slice(1)) await say(word);
}

const status = (word) => old
    ? client.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: word, timestamp: now() })
    : client.call('StatusNotification', { timestamp: now(), connectorStatus: word === 'Charging' ? 'Occupied' : word, evseId: 1, connectorId: 1 });

const event = (eventType, triggerReason, info, more = {}) => client.call('TransactionEvent', {
    eventType, triggerReason, timestamp: now(), seqNo: number++,
    transactionInfo: { transactionId: transaction, ...info },
    meterValue: [{ timestamp: now(), sampledValue: [{ value: energy }] }], ...more,
});

async function begin(tag, remoteStartId) {
    if (old) {
        const begun = await client.call('StartTransaction', { connectorId: 1, idTag: tag, meterStart: energy, timestamp: now() });
        transaction = begun.transactionId;
    } else {
        transaction = randomUUID();
        number = 0;
        await event('Started', 'RemoteStart', { remoteStartId, chargingState: 'Charging' }, { evse: { id: 1, connectorId: 1 }, idToken: tag });
    }
    tell({ event: 'it charges' });
    await status('Charging');
}

async function end(reset) {
    energy += 500;
    const ended = transaction;
    if (old) {
        await client.call('StopTransaction', { transactionId: ended, meterStop: energy, timestamp: now(), reason: reset ? 'HardReset' : 'Remote' });
    } else {
        await event('Ended', reset ? 'ResetCommand' : 'RemoteStop', { stoppedReason: reset ? 'ImmediateReset' : 'Remote' });
    }
    transaction = null;
    tell({ event: 'it is free' });
    await status('Available');
}

async function greet(reason) {
    const boot = await client.call('BootNotification', old
        ? { chargePointVendor: 'Foreign GmbH', chargePointModel: 'Foreign Four', firmwareVersion: '7.4' }
        : { reason, chargingStation: { vendorName: 'Foreign GmbH', model: 'Foreign Five', firmwareVersion: '7.5' } });
    await status('Available');
    tell({ event: 'ready', boot: boot.status });
}

async function restart() {
    if (transaction !== null) await end(true);
    tell({ event: 'the station restarts' });
    await client.close();
    await client.connect();
    await greet('RemoteReset');
}

const start = ({ params }) => {
    if (transaction !== null) return { status: 'Rejected' };
    later(() => begin(old ? params.idTag : params.idToken, params.remoteStartId));
    return { status: 'Accepted' };
};
const stop = ({ params }) => {
    if (params.transactionId !== transaction) return { status: 'Rejected' };
    later(() => end(false));
    return { status: 'Accepted' };
};
const WORDS = ['Downloading', 'Downloaded', 'Installing', 'Installed'];
const unknown = (items) => items.map(({ component, variable }) => ({ attributeStatus: 'UnknownComponent', component, variable }));

client.handle('Reset', () => {
    later(restart);
    return { status: 'Accepted' };
});
client.handle(old ? 'RemoteStartTransaction' : 'RequestStartTransaction', start);
client.handle(old ? 'RemoteStopTransaction' : 'RequestStopTransaction', stop);
client.handle('SetChargingProfile', ({ params }) => {
    const profile = old ? params.csChargingProfiles : params.chargingProfile;
    const schedule = old ? profile.chargingSchedule : profile.chargingSchedule[0];
    profiles.set(old ? profile.chargingProfileId : profile.id, schedule.chargingSchedulePeriod[0].limit);
    return { status: 'Accepted' };
});
client.handle('ClearChargingProfile', ({ params }) => (
    { status: profiles.delete(old ? params.id : params.chargingProfileId) ? 'Accepted' : 'Unknown' }
));
client.handle('GetCompositeSchedule', ({ params }) => {
    const schedule = {
        duration: params.duration, chargingRateUnit: 'A',
        chargingSchedulePeriod: [{ startPeriod: 0, limit: Math.min(32, ...profiles.values()) }],
    };
    return old
        ? { status: 'Accepted', connectorId: params.connectorId, scheduleStart: now(), chargingSchedule: schedule }
        : { status: 'Accepted', schedule: { ...schedule, evseId: params.evseId, scheduleStart: now() } };
});
client.handle('UpdateFirmware', ({ params }) => {
    const more = old ? {} : { requestId: params.requestId };
    const address = old ? params.location : params.firmware.location;
    later(() => files(fetchFile, address, WORDS, (word) => client.call('FirmwareStatusNotification', { status: word, ...more })));
    return old ? {} : { status: 'Accepted' };
});
if (old) {
    client.handle('GetConfiguration', ({ params }) => (
        { configurationKey: [{ key: 'NumberOfConnectors', readonly: true, value: '1' }], unknownKey: params.key ?? [] }
    ));
    client.handle('GetDiagnostics', ({ params }) => {
        later(() => files(bringLog, params.location, ['Uploading', 'Uploaded'], (word) => client.call('DiagnosticsStatusNotification', { status: word })));
        return { fileName: 'foreign.log' };
    });
} else {
    client.handle('GetVariables', ({ params }) => ({ getVariableResult: unknown(params.getVariableData) }));
    client.handle('SetVariables', ({ params }) => ({ setVariableResult: unknown(params.setVariableData) }));
    client.handle('GetBaseReport', () => ({ status: 'NotSupported' }));
    client.handle('GetLog', ({ params }) => {
        const say = (word) => client.call('LogStatusNotification', { status: word, requestId: params.requestId });
        later(() => files(bringLog, params.log.remoteLocation, ['Uploading', 'Uploaded'], say));
        return { status: 'Accepted', filename: 'foreign.log' };
    });
}

client.on('strictValidationFailure', ({ error }) => {
    console.error(`what the server says breaks the schema: ${error.message}`);
    process.exit(1);
});
client.connect().then(() => greet('PowerUp')).catch((error) => {
    console.error(error);
    process.exit(1);
});
