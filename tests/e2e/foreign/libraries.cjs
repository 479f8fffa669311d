// Stations of the npm packages `ocpp-ts` and `@voltbras/ts-ocpp`, by OCPP 1.6: they start and stop sessions and reset when told to.
//
// Usage: libraries.cjs PACKAGE URL PASSWORD. It runs until it is killed, and prints a line of JSON for what it has done.

const [name, url, password] = process.argv.slice(2);
const [server, identity] = [url.slice(0, url.lastIndexOf('/')), url.slice(url.lastIndexOf('/') + 1)];
const now = () => new Date().toISOString();
const tell = (event) => console.log(JSON.stringify(event));
const fail = (error) => {
    console.error(error);
    process.exit(1);
};

// What each package has for: connect, close, call; `obey` gives the answer to a call of the server, or undefined.
const packages = {
    'ocpp-ts': (obey) => {
        const { OcppClient } = require('ocpp-ts');
        const client = new OcppClient(identity);
        client.on('error', fail);
        for (const action of ['RemoteStartTransaction', 'RemoteStopTransaction', 'Reset', 'GetConfiguration']) {
            client.on(action, (request, answer) => answer(obey(action, request)));
        }
        const basic = Buffer.from(`${identity}:${password}`).toString('base64');
        return {
            connect: () => new Promise((resolve) => {
                client.once('connect', resolve);
                client.connect(`${server}/`, { Authorization: `Basic ${basic}` });
            }),
            // The package has no way to end a connection.
            close: () => new Promise((resolve) => {
                client.once('close', resolve);
                client.connection.socket.close();
            }),
            call: (action, payload) => client.callRequest(action, payload),
        };
    },
    '@voltbras/ts-ocpp': (obey) => {
        const { ChargePoint } = require('@voltbras/ts-ocpp');
        const ocppVersion = 'v1.6-json';
        const handler = async ({ action, ...request }) => {
            const answer = obey(action, request);
            if (answer === undefined) throw new Error('message not supported');
            return { action, ocppVersion, ...answer };
        };
        const point = new ChargePoint(identity, handler, server.replace('//', `//${identity}:${password}@`));
        return {
            connect: () => point.connect(),
            close: () => new Promise((resolve) => {
                point.connection.socket.once('close', resolve);
                point.close();
            }),
            call: async (action, payload) => (await point.sendRequest({ action, ocppVersion, payload })).unsafeCoerce(),
        };
    },
};

let transaction = null;
let energy = 1_000;
// What follows an answer is done one after the other: a station sends one call at a time.
let duties = Promise.resolve();
const later = (duty) => {
    // The answer goes first.
    duties = duties.then(() => new Promise(setImmediate)).then(duty).catch(fail);
};

function obey(action, request) {
    switch (action) {
        case 'GetConfiguration':
            return { configurationKey: [{ key: 'NumberOfConnectors', readonly: true, value: '1' }], unknownKey: request.key ?? [] };
        case 'RemoteStartTransaction':
            if (transaction !== null) return { status: 'Rejected' };
            later(() => begin(request.idTag));
            return { status: 'Accepted' };
        case 'RemoteStopTransaction':
            if (request.transactionId !== transaction) return { status: 'Rejected' };
            later(() => end('Remote'));
            return { status: 'Accepted' };
        case 'Reset':
            later(restart);
            return { status: 'Accepted' };
        default:
            return undefined;
    }
}

const station = packages[name](obey);
const status = (word) => station.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: word, timestamp: now() });

async function begin(idTag) {
    const begun = await station.call('StartTransaction', { connectorId: 1, idTag, meterStart: energy, timestamp: now() });
    transaction = begun.transactionId;
    tell({ event: 'it charges' });
    await status('Charging');
}

async function end(reason) {
    energy += 500;
    await station.call('StopTransaction', { transactionId: transaction, meterStop: energy, timestamp: now(), reason });
    transaction = null;
    tell({ event: 'it is free' });
    await status('Available');
}

async function greet() {
    const boot = await station.call('BootNotification', { chargePointVendor: 'Foreign GmbH', chargePointModel: name.slice(-20), firmwareVersion: '7.4' });
    await status('Available');
    tell({ event: 'ready', boot: boot.status });
}

async function restart() {
    if (transaction !== null) await end('HardReset');
    tell({ event: 'the station restarts' });
    await station.close();
    await station.connect();
    await greet();
}

station.connect().then(greet).catch(fail);
