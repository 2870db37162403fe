#!/usr/bin/env python3
"""Asks a running `muninn serve` of the bundled model through OpenAI's own Python package.

    pip install openai
    muninn serve &
    tools/clients/check_openai.py [--url http://127.0.0.1:8000/v1] [--key KEY]

Both endpoints, whole and streamed, depth as an extra field, log-probabilities, errors, a stream that is left.
"""

import argparse
import asyncio
import time

import openai


def check(name, found, wanted):
    print(f"{'ok  ' if found == wanted else 'FAIL'} {name}: {found!r}")
    if found != wanted:
        raise SystemExit(1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://127.0.0.1:8000/v1")
    parser.add_argument("--key", default="none")
    options = parser.parse_args()
    client = openai.OpenAI(base_url=options.url, api_key=options.key, max_retries=0)
    model = client.models.list().data[0].id
    ask = {"model": model, "extra_body": {"steps": 16}}
    messages = [{"role": "user", "content": "348+27+915"}]

    check("completion", client.completions.create(prompt="348+27+915=", **ask).choices[0].text, "1290")
    parts = client.completions.create(prompt="348+27+915=", stream=True, **ask)
    check("completion, streamed", "".join(part.choices[0].text for part in parts), "1290")
    check("chat", client.chat.completions.create(messages=messages, **ask).choices[0].message.content, "1290")
    parts = client.chat.completions.create(messages=messages, stream=True, stream_options={"include_usage": True}, **ask)
    parts = list(parts)
    check("chat, streamed", "".join(p.choices[0].delta.content or "" for p in parts if p.choices), "1290")
    check("tokens counted", parts[-1].usage.completion_tokens, 4)
    shallow = client.completions.create(
        model=model, prompt="348+27+915=", extra_body={"steps": 1, "return_steps": True})
    check("one step", (shallow.choices[0].text, shallow.choices[0].steps), ("1097", [1, 1, 1, 1]))
    several = client.completions.create(prompt=["1+2=", "30+4="], n=2, **ask)
    check("lists and n", [choice.text for choice in several.choices], ["3", "3", "34", "34"])
    scored = client.completions.create(prompt="12+30=42", echo=True, logprobs=1, max_tokens=0, **ask).choices[0]
    check("echo", scored.text, "12+30=42")
    check("the first token has no log-probability", scored.logprobs.token_logprobs[0], None)
    chat = client.chat.completions.create(messages=messages, logprobs=True, top_logprobs=2, **ask).choices[0]
    check("alternatives", [len(token.top_logprobs) for token in chat.logprobs.content], [2, 2, 2, 2])

    for wrong, kind in (({"top_p": 7.0}, openai.BadRequestError), ({"model": "absent"}, openai.NotFoundError)):
        try:
            client.completions.create(**{"model": model, "prompt": "1+1=", **wrong})
            raise SystemExit(f"FAIL {wrong} was taken")
        except kind as e:
            print(f"ok   {wrong}: {e.body['message']}")

    async def leave():
        many = openai.AsyncOpenAI(base_url=options.url, api_key=options.key, max_retries=0)
        asked = {"model": model, "prompt": "9+9=", "max_tokens": 200, "stream": True}
        stream = await many.completions.create(**asked, extra_body={"ignore_eos": True, "steps": 32})
        async for _ in stream:
            break
        await stream.close()
        await many.close()

    began = time.monotonic()
    asyncio.run(leave())
    after = client.completions.create(prompt="1+2=", **ask).choices[0].text
    check("after a stream was left", after, "3")
    print(f"     {time.monotonic() - began:.2f} s for both")


main()
