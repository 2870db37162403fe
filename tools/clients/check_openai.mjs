// Asks a running `muninn serve` of the bundled model through OpenAI's own package for JavaScript.
//
//     npm install openai
//     muninn serve &
//     node tools/clients/check_openai.mjs [http://127.0.0.1:8000/v1]
import OpenAI from "openai";

const client = new OpenAI({ baseURL: process.argv[2] ?? "http://127.0.0.1:8000/v1", apiKey: "none", maxRetries: 0 });
const model = (await client.models.list()).data[0].id;
const messages = [{ role: "user", content: "348+27+915" }];

function check(name, found, wanted) {
  const same = JSON.stringify(found) === JSON.stringify(wanted);
  console.log(`${same ? "ok  " : "FAIL"} ${name}: ${JSON.stringify(found)}`);
  if (!same) process.exit(1);
}

const whole = await client.completions.create({ model, prompt: "348+27+915=", steps: 16 });
check("completion", whole.choices[0].text, "1290");
const chat = await client.chat.completions.create({ model, messages, steps: 16 });
check("chat", chat.choices[0].message.content, "1290");
let text = "";
for await (const part of await client.chat.completions.create({ model, messages, steps: 16, stream: true })) {
  text += part.choices[0]?.delta?.content ?? "";
}
check("chat, streamed", text, "1290");
const shallow = await client.completions.create({ model, prompt: "348+27+915=", steps: 1, return_steps: true });
check("one step", [shallow.choices[0].text, shallow.choices[0].steps], ["1097", [1, 1, 1, 1]]);
const wrong = await client.completions.create({ model, prompt: "1+1=", top_p: 7 }).catch((e) => [e.status, e.param]);
check("a mistake", wrong, [400, "top_p"]);
const stream = await client.completions.create({ model, prompt: "9+9=", ignore_eos: true, steps: 32, stream: true });
for await (const _ of stream) break; // leaves
check("after a stream was left", (await client.completions.create({ model, prompt: "1+2=" })).choices[0].text, "3");
