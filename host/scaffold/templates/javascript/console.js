// `console` for the plugin: its lines go to the plugin's log.
import { write as k8shawkLog } from "k8shawk:host/log@0.1.0";
const k8shawkText = (value) => (typeof value === "string" ? value : JSON.stringify(value, (_, v) => (typeof v === "bigint" ? String(v) : v)) ?? String(value));
const k8shawkLine = (level) => (...values) => k8shawkLog(level, values.map(k8shawkText).join(" "));
globalThis.console = { debug: k8shawkLine("debug"), log: k8shawkLine("info"), info: k8shawkLine("info"), warn: k8shawkLine("warn"), error: k8shawkLine("error") };
