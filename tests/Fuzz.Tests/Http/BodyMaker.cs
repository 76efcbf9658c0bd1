using System.Formats.Tar;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansTasks.Fuzz.Tests.Fuzzing;
using OrleansTasks.Processing.Files;

namespace OrleansTasks.Fuzz.Tests.Http;

/// <summary>
/// Makes request bodies: valid ones by schema, and changed ones. The commands in them are those of
/// <see cref="Harmless"/>.
/// </summary>
/// <param name="random">The iteration's choices.</param>
internal sealed class BodyMaker(Random random)
{
    private const string Mark = "@raw:";
    private static readonly string[] Commands = ["cmd", "argv", "command", "chunkCommand", "reduceCommand"];

    private static readonly string[] Sources =
    [
        """{"range":{"from":0,"to":200}}""", """{"range":{"from":-5,"to":5}}""", """{"items":[1,"a",null,{"a":[1]}]}""",
        """{"stream":{}}""",
        """{"file":{"path":"/nonexistent/file"}}""", """{"file":{"path":"/etc/hostname","format":"lines"}}""",
        """{"command":{"cmd":"/bin/echo hello"}}""",
    ];

    private static readonly string[] Processes =
    [
        """{"builtin":"square"}""", """{"builtin":"identity"}""", """{"builtin":"length"}""", """{"builtin":"words"}""",
        """{"builtin":"json","select":"/a/0"}""",
        """{"command":{"argv":["/bin/cat"]}}""", """{"chunkCommand":{"cmd":"/bin/cat"}}""",
        """{"plugin":{"name":"none"}}""",
    ];

    private static readonly string[] Aggregates =
    [
        """[{"as":"n","op":"count"}]""", """[{"as":"s","op":"sum"},{"as":"m","op":"mean"}]""",
        """[{"as":"k","op":"topK","k":3}]""",
        """[{"as":"d","op":"distinct"}]""", """[{"as":"g","op":"groupSum","by":"/a","value":"/b"}]""",
        """[{"as":"c","op":"collect"}]""",
        """[{"as":"x","op":"max"},{"as":"y","op":"min"}]""",
    ];

    private static readonly (string Name, string Json)[] TaskFields =
    [
        ("name", "\"fuzz\""), ("queue", "\"default\""), ("queue", "\"other\""), ("priority", "3"),
        ("env", """{"A":"b"}"""), ("cwd", "\"/tmp\""), ("stdin", "\"hello\""),
        ("timeout", "\"2s\""), ("killGrace", "\"10ms\""),
        ("retry", """{"maxAttempts":2,"backoff":"1ms","maxBackoff":"2ms","onNodeLost":false}"""),
        ("retry", """{"fatalExitCodes":[2,"64-78"],"on":{"exit":{"maxAttempts":2,"codes":[7]},"node-lost":{"maxAttempts":1}}}"""),
        ("runAt", "\"2026-01-01T00:00:00Z\""), ("runAt", "\"2199-01-01T00:00:00Z\""), ("labels", """{"team":"blue"}"""),
        ("requires", """{"gpu":"yes"}"""), ("requires", "{}"),
        ("limits", """{"memoryBytes":268435456,"cpuTime":"1s","openFiles":64}"""), ("secretEnv", """{"S":"t"}"""),
        ("expiresAt", "\"2199-01-01T00:00:00Z\""),
        ("maxOutputBytes", "100"), ("hideProgress", "true"), ("concurrency", """{"key":"one at a time"}"""), ("concurrency", """{"key":"k","limit":3}"""),
        ("unique", """{"key":"k"}"""), ("unique", """{"key":"k","while":"queued","then":"join"}"""),
        ("unique", """{"key":"k","then":"replace"}"""), ("debounce", "\"1ms\""), ("debounceMax", "\"1s\""),
        ("result", "true"), ("after", "[]"), ("after", """["019f5a2c-7d10-7c3a-8b00-0342ab12cd33"]"""),
        ("after", """[{"task":"019f5a2c-7d10-7c3a-8b00-0342ab12cd33","on":"ended"}]"""),
    ];

    private static readonly string[] CalendarFiles =
    [
        "", "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n",
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTART:20260101T000000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=WEEKLY\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTART;TZID=W. Europe Standard Time:20260101T000000\r\nDTEND;VALUE=DATE:20260102\r\nRRULE:FREQ=HOURLY;BYSECOND=1,2,3\r\nEXDATE:1\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
    ];

    /// <summary>
    /// Makes a body for a schema: as it should be, changed in its structure, or changed in its bytes.
    /// </summary>
    public byte[] Make(string schema)
    {
        var bytes = schema switch
        {
            "FileBytes" => random.Percent(50) ? Archive() : Encoding.UTF8.GetBytes(ItemLines()),
            "ItemLines" => Encoding.UTF8.GetBytes(ItemLines()),
            _ => Encoding.UTF8.GetBytes(Changed(Valid(schema))),
        };
        return random.Percent(20) ? Break(bytes) : bytes;
    }

    private JsonNode Valid(string schema) => schema switch
    {
        "TaskSpec" => Task(),
        "BatchSpec" => new JsonObject { ["tasks"] =
            new JsonArray([.. Enumerable.Range(0, random.Next(0, 6)).Select(_ => (JsonNode?)Task())]) },
        "JobSpec" => Job(),
        "QueueChange" => new JsonObject
        {
            ["strategy"] = random.Pick(["leastLoaded", "roundRobin", "pack"]), ["weight"] = random.Next(1, 101),
            ["blackouts"] = JsonNode.Parse(random.Pick(["[]", """[{"calendar":"fuzzed"}]""", """[{"from":"2199-01-01T00:00:00Z","to":"2199-01-02T00:00:00Z"}]"""])),
        },
        // Nobody listens there, and changes of queues are rare: what is sent ends at once.
        "WebhookSpec" => new JsonObject { ["url"] = HttpSurface.DeadTarget, ["types"] = new JsonArray("queue", "schedule") },
        "WebhookChange" => new JsonObject { ["types"] = new JsonArray("queue"), ["paused"] = random.Percent(50) },
        "ScheduleSpec" => Schedule(),
        "WorkflowSpec" => Workflow(),
        "RolloutSpec" => Rollout(),
        "Backfill" => new JsonObject
        {
            ["from"] = random.Pick(["2020-01-01T00:00:00Z", "2025-12-31T23:00:00Z"]),
            ["to"] = random.Pick(["2026-01-01T00:00:00Z", "2199-01-01T00:00:00Z"]),
            ["parallel"] = random.Next(1, 4),
        },
        "Snooze" => new JsonObject
        {
            ["code"] = random.Pick(["queue-paused", "node-lost", "rollout-halted"]), ["target"] = "nothing",
            ["for"] = random.Pick(["1s", "1h"]),
        },
        "CalendarSpec" => new JsonObject
        {
            ["days"] = new JsonArray(random.Pick(["2026-12-24", "2028-02-29", "1970-01-01", "9998-12-31"])),
            ["rules"] = new JsonArray(random.Pick(["FREQ=WEEKLY;BYDAY=SA,SU", "FREQ=MONTHLY;BYDAY=-1FR", "FREQ=SECONDLY", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"])),
            ["zone"] = random.Pick(["UTC", "Europe/Berlin", "Pacific/Apia"]),
            ["ics"] = random.Pick(CalendarFiles),
        },
        "DefinitionSpec" => Definition(),
        "DefinitionRunSpec" => new JsonObject
        {
            ["parameters"] = JsonNode.Parse(random.Pick(["{}", "{\"day\":\"2026-02-29\"}", "{\"n\":1e400,\"x\":null}"])),
        },
        "TriggerSpec" => new JsonObject
        {
            ["definition"] = "fuzzed",
            ["signature"] = new JsonObject { ["kind"] = random.Pick(["github", "gitlab", "slack", "hmac-sha256", "standard-webhooks", "token"]), ["secret"] = "whsec_c2VjcmV0c2VjcmV0c2VjcmV0" },
            ["parameters"] = JsonNode.Parse(random.Pick(["{}", """{"day":{"pointer":"/a~1b/0"}}""", """{"n":{"value":1}}"""])),
            ["filter"] = JsonNode.Parse(random.Pick(["[]", """[{"pointer":"","matches":"(a+)+$"}]""", """[{"header":"X-A","equals":"b"}]"""])),
        },
        "NotificationSpec" => new JsonObject
        {
            ["on"] = new JsonArray(random.Pick(["failed", "recovered", "late", "attention"])),
            ["to"] = new JsonObject { [random.Pick(["slack", "teams"])] = HttpSurface.DeadTarget },
            ["match"] = JsonNode.Parse(random.Pick(["{}", """{"queue":"*","label":"a=b"}""", """{"label":{"a":"b"}}"""])),
            ["digest"] = random.Pick(["1s", "1d"]),
        },
        "TriggerDelivery" => new JsonObject { ["ref"] = "refs/heads/main" },
        "FileNames" => new JsonObject
        {
            ["files"] = new JsonArray([.. Enumerable.Range(0, random.Next(0, 4)).Select(i => (JsonNode?)FileName.Of([(byte)i]).ToString())]),
        },
        "KeySpec" => new JsonObject { ["name"] = "fuzzed", ["scopes"] = new JsonArray("read", "submit") },
        "TokenTerms" => new JsonObject { ["node"] = "fuzz-*", ["labels"] = new JsonObject { ["fuzz/zone"] = "x" } },
        _ => throw new InvalidOperationException($"The fuzzer knows no schema {schema}: teach it to make one."),
    };

    private JsonObject Task()
    {
        var task = random.Percent(50)
            ? new JsonObject { ["cmd"] = random.Pick(Harmless.Lines) }
            : new JsonObject { ["argv"] = new JsonArray(random.Pick(Harmless.Programs), "an argument") };
        for (var left = random.Next(0, 5); left > 0; left--)
        {
            var (name, json) = random.Pick(TaskFields);
            task[name] = JsonNode.Parse(json);
        }

        return task;
    }

    private JsonObject Definition()
    {
        var (kind, body) = random.Pick<(string, Func<JsonObject>)>([("task", Task), ("workflow", Workflow), ("rollout", Rollout)]);
        return new JsonObject
        {
            ["description"] = "fuzzed", [kind] = body(),
            ["parameters"] = JsonNode.Parse(random.Pick(
                [
                    "[]", """[{"name":"day","type":"date","required":true}]""", """[{"name":"n","type":"integer","min":1,"max":0}]""",
                    """[{"name":"x","type":"text","pattern":"(a+)+$","default":"${param.x}","secret":true}]""",
                ])),
        };
    }

    private JsonObject Rollout() => new()
    {
        ["task"] = Task(),
        ["select"] = JsonNode.Parse(random.Pick(["{}", """{"zone":"a"}"""])),
        ["waves"] = JsonNode.Parse(random.Pick(["[1]", """[1,"10%","100%"]""", """["100%"]""", "[]", "[3,2]"])),
        ["maxFailed"] = JsonNode.Parse(random.Pick(["0", "10000", "\"5%\""])),
        ["pause"] = random.Pick(["0s", "7d"]),
        ["catchUp"] = random.Pick(["0s", "30d"]),
    };

    private JsonObject Workflow()
    {
        var nodes = new JsonArray();
        for (var i = 0; i < random.Next(1, 6); i++)
        {
            var node = new JsonObject { ["name"] = $"n{i}", ["task"] = Task(), ["mayFail"] = random.Percent(30) };
            if (random.Percent(60))
                node["after"] = new JsonArray(
                    $"n{random.Next(0, 6)}",
                    new JsonObject
                    {
                        ["node"] = $"n{random.Next(0, 6)}", ["on"] = random.Pick(["succeeded", "failed", "ended"]),
                    });
            if (i > 0 && random.Percent(20))
            {
                node["after"] = new JsonArray($"n{i - 1}");
                node["forEach"] = new JsonObject { ["node"] = $"n{i - 1}", ["from"] = random.Pick(["result", "stdout"]) };
            }

            nodes.Add((JsonNode)node);
        }

        return new JsonObject { ["nodes"] = nodes, ["onFailure"] = random.Pick(["continue", "cancel"]) };
    }

    // Rarely due, so that what is found comes from requests.
    private JsonObject Schedule()
    {
        var schedule = random.Percent(60) ? new JsonObject { ["task"] = Task() }
            : random.Percent(50) ? new JsonObject { ["job"] = Job() }
            : new JsonObject { ["workflow"] = Workflow() };
        if (random.Percent(50))
            schedule["every"] = random.Pick(["1h", "366d", "999ms"]);
        else
            schedule["cron"] = random.Pick(["0 3 * * *", "@yearly", "0 0 L-3 FEB 5#2", "0 0 30 2 *", "*/7 1-3 * * * FRI-MON"]);
        if (random.Percent(30))
            schedule["timeZone"] = random.Pick(["Europe/Berlin", "UTC", "../etc/passwd"]);
        if (random.Percent(30))
            schedule["overlap"] = random.Pick(["skip", "allow", "queueOne"]);
        if (random.Percent(30))
            schedule["catchUp"] = random.Pick(["none", "one", "all"]);
        if (random.Percent(30))
            schedule["startAt"] = random.Pick(["1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]);
        if (random.Percent(30))
            schedule["jitter"] = random.Pick(["0ms", "1h"]);
        return schedule;
    }

    private JsonObject Job() => new()
    {
        ["name"] = "fuzz",
        ["source"] = JsonNode.Parse(random.Pick(Sources)),
        ["process"] = JsonNode.Parse(random.Pick(Processes)),
        ["aggregate"] = JsonNode.Parse(random.Pick(Aggregates)),
        ["chunkSize"] = random.Next(1, 100),
    };

    // A tar archive with a few files, some under paths that are not allowed.
    private byte[] Archive()
    {
        using var bytes = new MemoryStream();
        using (var tar = new TarWriter(bytes, random.Pick([TarEntryFormat.Pax, TarEntryFormat.Ustar, TarEntryFormat.Gnu]), leaveOpen: true))
        {
            for (var left = random.Next(0, 4); left > 0; left--)
            {
                var path = random.Pick(["a", "b/c.txt", "../d", "/e", new string('f', 90)]);
                TarEntry entry = tar.Format switch
                {
                    TarEntryFormat.Ustar => new UstarTarEntry(TarEntryType.RegularFile, path),
                    TarEntryFormat.Gnu => new GnuTarEntry(TarEntryType.RegularFile, path),
                    _ => new PaxTarEntry(TarEntryType.RegularFile, path),
                };
                entry.DataStream = new MemoryStream(Encoding.UTF8.GetBytes(ItemLines()));
                tar.WriteEntry(entry);
            }
        }

        return bytes.ToArray();
    }

    private string ItemLines() => string.Concat(Enumerable.Range(0, random.Next(0, 8))
        .Select(_ => (random.Percent(70) ? """{"a":[1]}""" : random.Pick(Hostile.Json))
            + random.Pick(["\n", "\n", "\n", "\r\n", "", "\n\n"])));

    /// <summary>Changes one to three members, or nothing.</summary>
    private string Changed(JsonNode root)
    {
        if (random.Percent(30))
            return root.ToJsonString();
        for (var left = random.Next(1, 4); left > 0; left--)
            ChangeOnce(root);
        return Raw(root.ToJsonString());
    }

    private void ChangeOnce(JsonNode root)
    {
        var objects = Objects(root).ToArray();
        var target = random.Pick(objects);
        var name = target.Count > 0 ? random.Pick(target.Select(static member => member.Key).ToArray()) : "";
        switch (random.Next(6))
        {
            case 0:
                target.Remove(name);
                break;
            case 1:
                target[random.Pick(Hostile.Names)] = Marked(random.Pick(Hostile.Json));
                break;
            case 2 when target.Count > 0:
                // The same member twice: the second one follows the first one's value.
                target[name] = Marked(
                    $"{Raw(Text(target[name]))},{JsonSerializer.Serialize(name)}:{Raw(Text(target[name]))}");
                break;
            case 3 when target.Count > 0:
                target[name] = Marked(Nested());
                break;
            case 4 when target.Count > 0 && !Commands.Contains(name):
                target[name] = Marked(JsonSerializer.Serialize(Long()));
                break;
            default:
                if (target.Count > 0)
                    target[name] = Marked(ValueFor(name));
                break;
        }
    }

    /// <summary>In place of a command there is never a text that a shell could run.</summary>
    private string ValueFor(string name)
    {
        string value;
        do
            value = random.Pick(Hostile.Json);
        while (Commands.Contains(name) && value.Contains('"', StringComparison.Ordinal) && value != "\"\"");
        return value;
    }

    private string Nested()
    {
        var depth = random.Pick([2, 63, 64, 65, 500, 20_000]);
        return random.Percent(50) ? new string('[', depth) + new string(']', depth)
            : string.Concat(Enumerable.Repeat("{\"a\":", Math.Min(depth, 2_000))) + "1"
                + new string('}', Math.Min(depth, 2_000));
    }

    private string Long() => string.Concat(Enumerable.Repeat(
        random.Pick(["x", "é", "😀", "\u0001", "a.", " "]), random.Pick([200, 201, 257, 4_097, 70_000, 140_000])));

    /// <summary>Changes bytes where no command can come of it.</summary>
    private byte[] Break(byte[] body)
    {
        var at = random.Next(body.Length + 1);
        return random.Next(6) switch
        {
            0 => body[..at],
            1 => [0xef, 0xbb, 0xbf, .. body],
            2 => [.. body[..at], random.Pick<byte>([0xff, 0xc0, 0xed]), .. body[at..]],
            3 => [.. body, .. random.Pick(["{}", "x", "\0", " \n", ","]).Select(static c => (byte)c)],
            4 when !NamesCommand(body) => ByteMutator.Change(random, body),
            _ => [],
        };
    }

    private static bool NamesCommand(byte[] body) =>
        Encoding.Latin1.GetString(body) is var text
            && Commands.Any(name => text.Contains(name, StringComparison.OrdinalIgnoreCase));

    private static IEnumerable<JsonObject> Objects(JsonNode? node) => node switch
    {
        JsonObject one => one.Select(static member => member.Value).SelectMany(Objects).Prepend(one),
        JsonArray many => many.SelectMany(Objects),
        _ => [],
    };

    private static string Text(JsonNode? node) => node?.ToJsonString() ?? "null";

    private static JsonValue Marked(string json) =>
        JsonValue.Create(Mark + Convert.ToHexString(Encoding.UTF8.GetBytes(json)))!;

    /// <summary>Puts raw JSON where its marks are.</summary>
    private static string Raw(string text)
    {
        var at = 0;
        var result = new StringBuilder(text.Length);
        for (int found; (found = text.IndexOf($"\"{Mark}", at, StringComparison.Ordinal)) >= 0;)
        {
            var end = text.IndexOf('"', found + 1);
            result.Append(text.AsSpan(at, found - at));
            result.Append(Encoding.UTF8.GetString(
                Convert.FromHexString(text.AsSpan(found + 1 + Mark.Length, end - found - 1 - Mark.Length))));
            at = end + 1;
        }

        return result.Append(text.AsSpan(at)).ToString();
    }
}
