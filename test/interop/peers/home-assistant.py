"""Home Assistant's own discovery: one line of JSON {"payload": text, "told": {topic: text}} in, its entities and their states out.

Each component goes through the schema of its platform without the leniency of discovery, which throws away what it does not
know; then its templates are evaluated over what its topics say, and the result goes through what the platform asks of it.
"""
import json
import logging
import sys

from homeassistant.components.mqtt import binary_sensor, sensor, update
from homeassistant.components.mqtt.discovery import MQTTDiscoveryPayload, _merge_common_device_options, _parse_device_payload
from homeassistant.components.sensor.const import DEVICE_CLASS_UNITS, SensorDeviceClass
from homeassistant.helpers.template import TemplateEnvironment

SCHEMAS = {
    "sensor": sensor.PLATFORM_SCHEMA_MODERN,
    "binary_sensor": binary_sensor.PLATFORM_SCHEMA_MODERN,
    "update": update.PLATFORM_SCHEMA_MODERN,
}
JINJA = TemplateEnvironment(None)
logging.disable(logging.CRITICAL)  # of templates that nobody has told which Home Assistant they are for


def rendered(template, text):
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    return JINJA.from_string(template.template).render(value=text, value_json=value).strip()


def available(config, told):
    said = [
        rendered(one["value_template"], told[one["topic"]]) == "online"
        for one in config["availability"]
        if one["topic"] in told
    ]
    return len(said) == len(config["availability"]) and all(said)


def state(platform, config, told):
    text = told.get(config.get("state_topic"))
    if text is None:
        return None
    value = rendered(config["value_template"], text)
    if platform == "update":
        latest = rendered(config["latest_version_template"], told[config["latest_version_topic"]])
        return {"latest": latest, **update.MQTT_JSON_UPDATE_SCHEMA(json.loads(value))}
    if platform == "binary_sensor":
        assert value in ("ON", "OFF", "None"), value
    unit = config.get("unit_of_measurement")
    if platform == "sensor" and config.get("device_class") is not None:
        device_class = SensorDeviceClass(config["device_class"])
        assert device_class not in DEVICE_CLASS_UNITS or unit in DEVICE_CLASS_UNITS[device_class], (device_class, unit)
        if device_class == SensorDeviceClass.ENUM and value != "None":
            assert value in config["options"], value
    return value


for line in sys.stdin:
    case = json.loads(line)
    device = _parse_device_payload(None, case["payload"], "id", None)
    answer = {"device": dict(device.get("device", {})), "entities": {}, "removed": []}
    for name, component in device.get("components", {}).items():
        platform = component.pop("platform")
        if not component:
            answer["removed"].append(name)
            continue
        payload = MQTTDiscoveryPayload(component)
        _merge_common_device_options(payload, device)
        config = SCHEMAS[platform]({**payload, "device": device["device"], "origin": device["origin"]})
        answer["entities"][name] = {
            "platform": platform,
            "unique_id": config["unique_id"],
            "device_class": config.get("device_class"),
            "unit": config.get("unit_of_measurement"),
            "command": [config.get("command_topic"), config.get("payload_install")],
            "available": available(config, case["told"]) if config.get("availability") else True,
            "state": state(platform, config, case["told"]),
        }
    print(json.dumps(answer), flush=True)
