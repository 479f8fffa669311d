"""A charging session by OCPP 2.0.1, driven with the PyPI package `ocpp`: a client that is not ours.

Usage: station201.py URL PASSWORD IDTOKEN. Prints what the CSMS answered, as one line of JSON.
"""

import asyncio
import json
import sys
import uuid
from datetime import datetime, timedelta, timezone

from ocpp.v201 import ChargePoint, call, datatypes, enums

from connection import connect

START_KWH, STOP_KWH = 100.0, 117.25


async def charge(url: str, password: str, id_token: str) -> dict:
    started = datetime.now(timezone.utc) - timedelta(hours=1)
    transaction = str(uuid.uuid4())
    token = datatypes.IdTokenType(id_token=id_token, type="ISO14443")
    place = datatypes.EVSEType(id=1, connector_id=1)

    def at(minutes: float) -> str:
        return (started + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")

    def meter(minutes: float, kwh: float, context: str) -> list:
        sample = datatypes.SampledValueType(
            value=kwh, context=context, measurand="Energy.Active.Import.Register",
            unit_of_measure=datatypes.UnitOfMeasureType(unit="kWh"),
        )
        return [datatypes.MeterValueType(timestamp=at(minutes), sampled_value=[sample])]

    async with connect(url, password, "ocpp2.0.1") as socket:
        station = ChargePoint(url.rsplit("/", 1)[1], socket)
        reader = asyncio.create_task(station.start())
        about = datatypes.ChargingStationType(model="Foreign Two", vendor_name="Foreign GmbH", firmware_version="7.2")
        boot = await station.call(call.BootNotification(about, enums.BootReasonEnumType.power_up), suppress=False)
        free = call.StatusNotification(at(-1), enums.ConnectorStatusEnumType.available, 1, 1)
        await station.call(free, suppress=False)
        asked = await station.call(call.Authorize(token), suppress=False)

        async def event(kind, trigger, seq, minutes, kwh, context, state, **more):
            info = {"transaction_id": transaction, "charging_state": state, **more.pop("info", {})}
            message = call.TransactionEvent(
                kind, at(minutes), trigger, seq, datatypes.TransactionType(**info),
                meter_value=meter(minutes, kwh, context), **more,
            )
            return await station.call(message, suppress=False)

        kinds, triggers = enums.TransactionEventEnumType, enums.TriggerReasonEnumType
        begun = await event(kinds.started, triggers.authorized, 0, 0, START_KWH, "Transaction.Begin", "Charging",
                            evse=place, id_token=token)
        for step in range(1, 6):
            kwh = round(START_KWH + (STOP_KWH - START_KWH) * step / 6, 3)
            await event(kinds.updated, triggers.meter_value_periodic, step, step * 10, kwh, "Sample.Periodic", "Charging")
        ended = await event(kinds.ended, triggers.ev_departed, 6, 60, STOP_KWH, "Transaction.End", "Idle",
                            info={"stopped_reason": "EVDisconnected"})
        reader.cancel()
        return {
            "boot": str(boot.status),
            "interval": boot.interval,
            "authorized": str(asked.id_token_info["status"]),
            "started": str(begun.id_token_info["status"]),
            "transaction": transaction,
            "total_cost": ended.total_cost,
            "energy_wh": round((STOP_KWH - START_KWH) * 1000),
        }


print(json.dumps(asyncio.run(charge(*sys.argv[1:4]))))
