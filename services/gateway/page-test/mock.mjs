// A gateway over invented data, for work on the page without the pipeline:
// node mock.mjs [PORT] [--token TOKEN] [--empty] [--unobserved] [--every MS]
import { Mock } from "./mock/gateway.mjs";

const options = process.argv.slice(2);
const option = (name) => (options.includes(name) ? options[options.indexOf(name) + 1] : null);
const mock = new Mock({ token: option("--token"), empty: options.includes("--empty"), unobserved: options.includes("--unobserved") });
if (!options.includes("--empty")) mock.live(Number(option("--every") ?? 1500));
console.log(await mock.listen(Number(options[0]) || 8099));
