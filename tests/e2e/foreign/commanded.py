"""A station of the PyPI package `ocpp` that does what it is told: by OCPP 1.6, 2.0.1 and 2.1.

Usage: commanded.py URL PASSWORD VERSION. It runs until it is killed, and prints a line of JSON for what it has done.
"""

import asyncio
import importlib
import json
import logging
import sys
import uuid
from datetime import datetime, timezone

import websockets
from ocpp.routing import on

from connection import connect
from transfers import bring, fetch

RESTARTS, CHARGES, IS_FREE = "the station restarts", "it charges", "it is free"
# So many messages may wait for their turn: a station sends one call at a time.
QUEUE_MAX = 64


def now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def tell(event: dict) -> None:
    print(json.dumps(event), flush=True)


class Does:
    """What is the same in all versions: duties after an answer, one after the other."""

    def begin(self) -> None:
        self.duties: asyncio.Queue = asyncio.Queue(QUEUE_MAX)
        self.transaction = None
        self.energy = 1_000
        self.profiles: dict[int, float] = {}

    def later(self, duty) -> None:
        self.duties.put_nowait(duty)

    async def work(self) -> None:
        while True:
            await (await self.duties.get())

    async def say(self, message):
        return await self.call(message, suppress=False)

    async def restart(self) -> None:
        if self.transaction:
            await self.end("reset")
        tell({"event": RESTARTS})
        await self._connection.close()

    async def files(self, work, url: str, words: list[str], status) -> None:
        await self.say(status(words[0]))
        tell(await asyncio.to_thread(work, url))
        for word in words[1:]:
            await self.say(status(word))


def old(package):
    """A station of 1.6."""
    call, result = package.call, package.call_result

    class Station(Does, package.ChargePoint):
        async def greet(self, _reason: str) -> str:
            boot = await self.say(call.BootNotification("Foreign Two", "Foreign GmbH", firmware_version="7.2"))
            await self.say(call.StatusNotification(1, "NoError", "Available", timestamp=now()))
            return str(boot.status)

        async def charge(self, tag: str) -> None:
            begun = await self.say(call.StartTransaction(1, tag, self.energy, now()))
            self.transaction = begun.transaction_id
            tell({"event": CHARGES})
            await self.say(call.StatusNotification(1, "NoError", "Charging", timestamp=now()))

        async def end(self, why: str) -> None:
            self.energy += 500
            reason = "Remote" if why == "remote" else "HardReset"
            await self.say(call.StopTransaction(self.energy, now(), self.transaction, reason=reason))
            self.transaction = None
            tell({"event": IS_FREE})
            await self.say(call.StatusNotification(1, "NoError", "Available", timestamp=now()))

        @on("RemoteStartTransaction")
        def remote_start(self, id_tag, **_):
            if self.transaction:
                return result.RemoteStartTransaction("Rejected")
            self.later(self.charge(id_tag))
            return result.RemoteStartTransaction("Accepted")

        @on("RemoteStopTransaction")
        def remote_stop(self, transaction_id):
            if transaction_id != self.transaction:
                return result.RemoteStopTransaction("Rejected")
            self.later(self.end("remote"))
            return result.RemoteStopTransaction("Accepted")

        @on("Reset")
        def reset(self, type):
            self.later(self.restart())
            return result.Reset("Accepted")

        @on("GetConfiguration")
        def settings(self, key=None):
            return result.GetConfiguration([{"key": "NumberOfConnectors", "readonly": True, "value": "1"}], key)

        @on("SetChargingProfile")
        def set_profile(self, connector_id, cs_charging_profiles):
            period = cs_charging_profiles["charging_schedule"]["charging_schedule_period"][0]
            self.profiles[cs_charging_profiles["charging_profile_id"]] = float(period["limit"])
            return result.SetChargingProfile("Accepted")

        @on("ClearChargingProfile")
        def clear_profile(self, id=None, **_):
            had = self.profiles.pop(id, None) is not None
            return result.ClearChargingProfile("Accepted" if had else "Unknown")

        @on("GetCompositeSchedule")
        def composite(self, connector_id, duration, **_):
            period = {"start_period": 0, "limit": min(self.profiles.values(), default=32.0)}
            schedule = {"duration": duration, "charging_rate_unit": "A", "charging_schedule_period": [period]}
            return result.GetCompositeSchedule(
                "Accepted", connector_id=connector_id, schedule_start=now(), charging_schedule=schedule)

        @on("UpdateFirmware")
        def firmware(self, location, **_):
            words = ["Downloading", "Downloaded", "Installing", "Installed"]
            self.later(self.files(fetch, location, words, call.FirmwareStatusNotification))
            return result.UpdateFirmware()

        @on("GetDiagnostics")
        def diagnostics(self, location, **_):
            self.later(self.files(bring, location, ["Uploading", "Uploaded"], call.DiagnosticsStatusNotification))
            return result.GetDiagnostics("foreign.log")

    return Station


def new(package):
    """A station of 2.0.1 or 2.1."""
    call, result = package.call, package.call_result

    class Station(Does, package.ChargePoint):
        async def greet(self, reason: str) -> str:
            about = {"vendor_name": "Foreign GmbH", "model": "Foreign Three", "firmware_version": "7.3"}
            boot = await self.say(call.BootNotification(charging_station=about, reason=reason))
            await self.say(call.StatusNotification(timestamp=now(), connector_status="Available", evse_id=1, connector_id=1))
            return str(boot.status)

        def event(self, kind: str, trigger: str, info: dict, **more):
            values = [{"timestamp": now(), "sampled_value": [{"value": self.energy, "measurand": "Energy.Active.Import.Register"}]}]
            self.number += 1
            about = {"transaction_id": self.transaction, **info}
            return call.TransactionEvent(
                event_type=kind, timestamp=now(), trigger_reason=trigger, seq_no=self.number,
                transaction_info=about, meter_value=values, **more)

        async def charge(self, token: dict, remote: int) -> None:
            self.transaction, self.number = str(uuid.uuid4()), -1
            evse = {"id": 1, "connector_id": 1}
            info = {"remote_start_id": remote, "charging_state": "Charging"}
            await self.say(self.event("Started", "RemoteStart", info, evse=evse, id_token=token))
            tell({"event": CHARGES})

        async def end(self, why: str) -> None:
            self.energy += 500
            trigger, reason = ("RemoteStop", "Remote") if why == "remote" else ("ResetCommand", "ImmediateReset")
            await self.say(self.event("Ended", trigger, {"stopped_reason": reason}))
            self.transaction = None
            tell({"event": IS_FREE})

        @on("RequestStartTransaction")
        def remote_start(self, id_token, remote_start_id, **_):
            if self.transaction:
                return result.RequestStartTransaction("Rejected")
            self.later(self.charge(id_token, remote_start_id))
            return result.RequestStartTransaction("Accepted")

        @on("RequestStopTransaction")
        def remote_stop(self, transaction_id, **_):
            if transaction_id != self.transaction:
                return result.RequestStopTransaction("Rejected")
            self.later(self.end("remote"))
            return result.RequestStopTransaction("Accepted")

        @on("Reset")
        def reset(self, type, **_):
            self.later(self.restart())
            return result.Reset("Accepted")

        @on("GetVariables")
        def variables(self, get_variable_data, **_):
            def unknown(item):
                return {"attribute_status": "UnknownComponent", "component": item["component"], "variable": item["variable"]}

            return result.GetVariables([unknown(item) for item in get_variable_data])

        @on("SetVariables")
        def write(self, set_variable_data, **_):
            def unknown(item):
                return {"attribute_status": "UnknownComponent", "component": item["component"], "variable": item["variable"]}

            return result.SetVariables([unknown(item) for item in set_variable_data])

        @on("GetBaseReport")
        def report(self, **_):
            return result.GetBaseReport("NotSupported")

        @on("SetChargingProfile")
        def set_profile(self, evse_id, charging_profile, **_):
            self.profiles[charging_profile["id"]] = charging_profile["charging_schedule"][0]["charging_schedule_period"][0]["limit"]
            return result.SetChargingProfile("Accepted")

        @on("ClearChargingProfile")
        def clear_profile(self, charging_profile_id=None, **_):
            had = self.profiles.pop(charging_profile_id, None) is not None
            return result.ClearChargingProfile("Accepted" if had else "Unknown")

        @on("GetCompositeSchedule")
        def composite(self, duration, evse_id, **_):
            period = {"start_period": 0, "limit": min(self.profiles.values(), default=32.0)}
            schedule = {"evse_id": evse_id, "duration": duration, "schedule_start": now(),
                        "charging_rate_unit": "A", "charging_schedule_period": [period]}
            return result.GetCompositeSchedule(status="Accepted", schedule=schedule)

        @on("UpdateFirmware")
        def firmware(self, request_id, firmware, **_):
            words = ["Downloading", "Downloaded", "Installing", "Installed"]
            status = lambda word: call.FirmwareStatusNotification(status=word, request_id=request_id)
            self.later(self.files(fetch, firmware["location"], words, status))
            return result.UpdateFirmware("Accepted")

        @on("GetLog")
        def log(self, log, request_id, **_):
            status = lambda word: call.LogStatusNotification(status=word, request_id=request_id)
            self.later(self.files(bring, log["remote_location"], ["Uploading", "Uploaded"], status))
            return result.GetLog(status="Accepted", filename="foreign.log")

    return Station


async def live(url: str, password: str, version: str) -> None:
    name = {"ocpp1.6": "ocpp.v16", "ocpp2.0.1": "ocpp.v201", "ocpp2.1": "ocpp.v21"}[version]
    package = importlib.import_module(name)
    kind = (old if version == "ocpp1.6" else new)(package)
    reason = "PowerUp"
    while True:
        async with connect(url, password, version) as socket:
            station = kind(url.rsplit("/", 1)[1], socket)
            station.begin()
            reader = asyncio.create_task(station.start())
            tell({"event": "ready", "boot": await station.greet(reason)})
            worker = asyncio.create_task(station.work())
            done, _ = await asyncio.wait([reader, worker], return_when=asyncio.FIRST_COMPLETED)
            worker.cancel()
            for task in done:
                # The end of the connection is what a reset is about; everything else is told.
                error = task.exception()
                if error and not isinstance(error, websockets.ConnectionClosed):
                    raise error
            reason = "RemoteReset"


logging.disable(logging.CRITICAL)
asyncio.run(live(*sys.argv[1:4]))
