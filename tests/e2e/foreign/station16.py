"""A charging session by OCPP 1.6, driven with the PyPI package `ocpp`: a client that is not ours.

Usage: station16.py URL PASSWORD IDTAG. Prints what the central system answered, as one line of JSON.
"""

import asyncio
import json
import sys
from datetime import datetime, timedelta, timezone

from ocpp.v16 import ChargePoint, call
from ocpp.v16.enums import ChargePointErrorCode, ChargePointStatus, Reason

from connection import connect

START_WH, STOP_WH = 1_000, 13_345


async def charge(url: str, password: str, id_tag: str) -> dict:
    started = datetime.now(timezone.utc) - timedelta(hours=1)

    def at(minutes: float) -> str:
        return (started + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")

    async with connect(url, password, "ocpp1.6") as socket:
        station = ChargePoint(url.rsplit("/", 1)[1], socket)
        reader = asyncio.create_task(station.start())
        boot = await station.call(call.BootNotification("Foreign One", "Foreign GmbH", firmware_version="7.1"), suppress=False)
        for status in (ChargePointStatus.available, ChargePointStatus.preparing):
            note = call.StatusNotification(1, ChargePointErrorCode.no_error, status, timestamp=at(-1))
            await station.call(note, suppress=False)
        asked = await station.call(call.Authorize(id_tag), suppress=False)
        begun = await station.call(call.StartTransaction(1, id_tag, START_WH, at(0)), suppress=False)
        for step in range(1, 6):
            wh = START_WH + (STOP_WH - START_WH) * step // 6
            values = [{"timestamp": at(step * 10), "sampled_value": [
                {"value": str(wh), "measurand": "Energy.Active.Import.Register", "unit": "Wh"},
                {"value": "12.3", "measurand": "Power.Active.Import", "unit": "kW"},
            ]}]
            meter = call.MeterValues(1, values, transaction_id=begun.transaction_id)
            await station.call(meter, suppress=False)
        stop = call.StopTransaction(STOP_WH, at(60), begun.transaction_id, reason=Reason.local, id_tag=id_tag)
        ended = await station.call(stop, suppress=False)
        beat = await station.call(call.Heartbeat(), suppress=False)
        reader.cancel()
        return {
            "boot": str(boot.status),
            "interval": boot.interval,
            "authorized": str(asked.id_tag_info["status"]),
            "started": str(begun.id_tag_info["status"]),
            "transaction": str(begun.transaction_id),
            "stopped": str(ended.id_tag_info["status"]) if ended.id_tag_info else None,
            "clock": beat.current_time,
            "energy_wh": STOP_WH - START_WH,
        }


print(json.dumps(asyncio.run(charge(*sys.argv[1:4]))))
