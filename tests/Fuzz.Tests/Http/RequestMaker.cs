using System.Globalization;
using System.Text;
using OrleansTasks.Fuzz.Tests.Fuzzing;
using OrleansTasks.Processing.Files;

namespace OrleansTasks.Fuzz.Tests.Http;

/// <summary>
/// Makes requests as bytes. <c>{host}</c>, <c>{task}</c>, <c>{job}</c>, <c>{batch}</c>, <c>{node}</c> and
/// <c>{webhook}</c> stand for what
/// only a running service knows, so that an input can be kept.
/// </summary>
/// <param name="document">The service's operations.</param>
internal sealed class RequestMaker(ApiDocument document)
{
    private static readonly string[] Headers =
    [
        "Idempotency-Key", "If-Match", "If-None-Match", "Last-Event-ID", "Content-Type", "Content-Encoding", "Accept",
        "Accept-Encoding", "Authorization", "Cookie",
        "Origin", "Range", "Expect", "TE", "Connection", "Upgrade", "traceparent", "X-Forwarded-For",
        "X-HTTP-Method-Override", "Via", "Trailer", "Content-Language",
    ];

    private static readonly string[] RequestLines =
    [
        "GET / HTTP/1.1", "GET  / HTTP/1.1", "GET /", "GET / HTTP/0.9", "GET / HTTP/2.0", "GET / HTTP/9.9",
        "get / HTTP/1.1", "\u0000 / HTTP/1.1", "GET /\u0000 HTTP/1.1",
        "GET http://{host}/livez HTTP/1.1", "GET http://evil.example/livez HTTP/1.1", "OPTIONS * HTTP/1.1",
        "GET * HTTP/1.1", "CONNECT {host} HTTP/1.1", "TRACE / HTTP/1.1",
        "PRI * HTTP/2.0", "GET /livez?%00 HTTP/1.1", "GET //livez HTTP/1.1", "GET /./livez HTTP/1.1",
        "GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1", "GET /livez# HTTP/1.1",
        "PROPFIND /api/v1/tasks HTTP/1.1", "PATCH /api/v1/tasks HTTP/1.1", "HEAD /api/v1/tasks HTTP/1.1",
        "DELETE /api/v1/tasks HTTP/1.1", "\r\nGET /livez HTTP/1.1",
        "GET /api/v1/tasks/ HTTP/1.1", "POST /API/V1/TASKS HTTP/1.1", "GET /livez HTTP/1.0", "GET /livez HTTP/1.1 ",
        " GET /livez HTTP/1.1", "GET /\u00e9 HTTP/1.1",
        "GET /favicon.ico HTTP/1.1", "GET /api HTTP/1.1", "GET /api/v1/nodes/{node}%2fdrain HTTP/1.1",
        "A\u0001B /livez HTTP/1.1", "GET\t/livez\tHTTP/1.1",
    ];

    private static readonly string[] BadChunks =
    [
        "FFFFFFFFFFFFFFFFF\r\n", "-1\r\n", "0x5\r\nhello\r\n", "5;ext=1\r\nhello\r\n", "g\r\n", "\r\n", "5\nhello\n",
        "5\r\nhelloworld\r\n", "7FFFFFFF\r\nx", "80000000\r\nx",
        "5 \r\nhello\r\n", "00000000000000000005\r\nhello\r\n", "0\r\nTrailer: x\r\n\r\n",
        "0\r\nContent-Length: 5\r\n\r\n", "1;" + "x=y\r\n",
    ];

    /// <summary>Makes a request of an iteration.</summary>
    public byte[] Make(Random random, Corpus corpus)
    {
        var kind = random.Next(100);
        if (kind < 68)
            return Operation(random);
        if (kind < 80)
            return ChangeHead(random, corpus.Pick(random));
        if (kind < 90)
            return Latin1($"{random.Pick(RequestLines)}\r\nHost: {{host}}\r\n{SomeHeaders(random, 30)}\r\n");
        return kind < 97 ? Pipelined(random) : Junk(random);
    }

    private byte[] Operation(Random random)
    {
        var operation = random.Pick(document.Operations);
        // Half of what an average choice gives would be reads; the writes have the bodies.
        if (operation.BodySchema is null && random.Percent(50))
            operation = random.Pick(document.Operations.Where(static one => one.BodySchema is not null).ToArray());
        var method = random.Percent(3) ? random.Pick(["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
            : operation.Method;
        var body = operation.BodySchema is { } schema && random.Percent(97) ? new BodyMaker(random).Make(schema)
            : random.Percent(4) ? Encoding.UTF8.GetBytes(random.Pick(Hostile.Json)) : null;
        var head = new StringBuilder();
        head.Append(CultureInfo.InvariantCulture,
            $"{method} {PathOf(random, operation)}{QueryOf(random, operation)} HTTP/1.1\r\n");
        head.Append(CultureInfo.InvariantCulture,
            $"Host: {(random.Percent(2) ? random.Pick(Hostile.Header) : "{host}")}\r\n");
        if (operation.Headers.Count > 0 && random.Percent(40))
            head.Append(CultureInfo.InvariantCulture, $"{random.Pick(operation.Headers)}: {HeaderValue(random)}\r\n");
        head.Append(SomeHeaders(random, 12));
        if (body is null)
            return Latin1($"{head}\r\n");
        if (!random.Percent(3))
            head.Append("Content-Type: ")
                .Append(random.Percent(5) ? HeaderValue(random) : operation.BodyType ?? "application/json")
                .Append("\r\n");
        return Framed(random, head, body);
    }

    private static string PathOf(Random random, ApiOperation operation)
    {
        var segments = operation.Path.Split('/');
        var names = operation.Path.Split('/');
        for (var i = 1; i < segments.Length; i++)
        {
            if (segments[i].StartsWith('{'))
                segments[i] = random.Percent(60) ? Known(names[i - 1]) : random.Pick(Hostile.Address);
            else if (random.Percent(1))
                segments[i] = random.Percent(50) ? segments[i].ToUpperInvariant() : random.Pick(Hostile.Address);
        }

        return string.Join('/', segments) is { Length: > 0 } path ? path : "/";
    }

    private static string Known(string before) => before switch
    {
        "tasks" => "{task}",
        "batches" => "{batch}",
        "operations" => "{task}",
        "jobs" => "{job}",
        "nodes" => "{node}",
        "queues" => "default",
        "attempts" => "1",
        "files" => FileName.Of("1\n"u8).ToString(),
        "webhooks" => "{webhook}",
        "keys" or "sessions" => "none",
        "schedules" or "calendars" or "definitions" or "triggers" or "notifications" => "fuzzed",
        "artifacts" => "a/b.txt",
        "workflows" => "{workflow}",
        "rollouts" => "{rollout}",
        "deliveries" => "1",
        "grains" => "task-dispatcher",
        "silos" => "silo",
        _ => throw new InvalidOperationException(
            $"The fuzzer knows no value for the parameter after '{before}': teach it one."),
    };

    private static string QueryOf(Random random, ApiOperation operation)
    {
        var count = operation.Query.Count > 0 ? random.Next(0, 4) : random.Percent(5) ? 1 : 0;
        return string.Concat(Enumerable.Range(0, count)
            .Select(i => (i == 0 ? "?" : random.Pick(["&", "&", "&", ";", "&&"])) + Pair(random, operation)));
    }

    private static string Pair(Random random, ApiOperation operation)
    {
        var name = operation.Query.Count > 0 && random.Percent(90) ? random.Pick(operation.Query)
            : random.Pick(Hostile.Address);
        var value = name switch
        {
            // A long wait is not what is looked for; it is only an answer that comes late.
            "wait" => random.Pick(["0s", "1ms", "20ms", "-1s", "61s", "x", "", "99999999999d", "1"]),
            "state" => random.Pick(["succeeded", "failed", "queued", "running", "x", "", "SUCCEEDED"]),
            "limit" => random.Pick(["1", "1000", "0", "1001", "-1", "x", "", "9223372036854775808"]),
            "reason" => random.Pick(["exit", "timeout", "node-lost", "skipped", "bad-result", "x", ""]),
            "outcome" => random.Pick(["pending", "started", "skipped", "missed", "x", ""]),
            "exitCode" => random.Pick(["0", "1", "255", "256", "-1", "x", ""]),
            "fingerprint" => random.Pick(["0123456789abcdef", "0123456789ABCDEF", "0", "x", ""]),
            "q" => random.Pick(["true", "e", "ECHO", "h.*o", "(%3F=a)", "(a{999}){999}", "[", "%00", "", new string('x', 201)]),
            "regex" or "ignoreCase" => random.Pick(["true", "false", "x", ""]),
            "stream" => random.Pick(["stdout", "stderr", "x", ""]),
            "type" => random.Pick(["task", "job", "queue", "node", "schedule", "workflow", "rollout", "x", ""]),
            "topics" => random.Pick(["tasks", "queues,nodes", "jobs,schedules,attention", "x", ""]),
            "names" => random.Pick(["queue.depth", "tasks.failed,tasks.accepted", "wait.p99", "node.load", "x", ""]),
            "by" => random.Pick(["queue", "node", "reason", "grain", "x", ""]),
            "key" => random.Pick(["default", "exit", "x", ""]),
            "from" or "to" => random.Pick(["-1h", "-8d", "2026-01-01T00:00:00Z", "-0s", "-x", "x", ""]),
            "step" => random.Pick(["1s", "10s", "1d", "1500ms", "0s", "x", ""]),
            "window" => random.Pick(["10s", "1m", "5m", "2m", "x", ""]),
            "every" => random.Pick(["250ms", "1s", "10s", "249ms", "11s", "x", ""]),
            "ids" => random.Pick(["{task}", "{task},{task}", "x", "", ","]),
            "dryRun" => random.Pick(["true", "true", "false", "x", ""]),
            "expect" => random.Pick(["0", "1", "1000000", "1000001", "-1", "x", ""]),
            "view" => random.Pick(["row", "task", "x", ""]),
            "sort" => random.Pick(["-created", "-ended", "-took", "-memory", "created", "no", "x", ""]),
            "cells" => random.Pick(["1", "1000", "0", "1001", "-1", "x", ""]),
            "buckets" => random.Pick(["1", "60", "200", "0", "201", "x", ""]),
            "longerThan" => random.Pick(["0ms", "1ms", "2h", "366d", "367d", "-1s", "x", ""]),
            "workflow" => random.Pick(["{workflow}", "{batch}", "x", ""]),
            "batch" => random.Pick(["{batch}", "{task}", "x", ""]),
            "quarantined" or "paused" => random.Pick(["true", "false", "x", ""]),
            "follow" => random.Pick(["true", "false", "x", ""]),
            _ => random.Pick(Hostile.Address),
        };
        return random.Percent(5) ? name : $"{name}={value}";
    }

    private static string SomeHeaders(Random random, int percent)
    {
        var headers = new StringBuilder();
        while (random.Percent(percent))
            headers.Append(CultureInfo.InvariantCulture, $"{random.Pick(Headers)}: {HeaderValue(random)}\r\n");
        if (random.Percent(1))
            headers.Append(string.Concat(Enumerable.Range(0, random.Pick([99, 101, 2_000]))
                .Select(static i => string.Create(CultureInfo.InvariantCulture, $"X-{i}: y\r\n"))));
        if (random.Percent(1))
            headers.Append(random.Pick(["No colon\r\n", ": empty\r\n", "Sp ace: x\r\n", "A: b\r\n c\r\n",
                "A\u0000: b\r\n", "A: \u0000\r\n", "A: b\nB: c\n", "Host: two\r\n", "\u00e9: x\r\n"]));
        return headers.ToString();
    }

    private static string HeaderValue(Random random) =>
        random.Percent(3) ? new string('k', random.Pick([255, 256, 8_000, 40_000])) : random.Pick(Hostile.Header);

    /// <summary>Says how long the body is: truly most of the time.</summary>
    private static byte[] Framed(Random random, StringBuilder head, byte[] body)
    {
        var kind = random.Next(100);
        if (kind < 80)
            return [.. Latin1($"{head}Content-Length: {body.Length}\r\n\r\n"), .. body];
        if (kind < 88)
            return [.. Latin1($"{head}Transfer-Encoding: chunked\r\n\r\n"), .. Chunked(random, body),
                .. random.Percent(80) ? "0\r\n\r\n"u8 : ""u8];
        if (kind < 92)
            return [.. Latin1($"{head}Transfer-Encoding: chunked\r\n\r\n"), .. Latin1(random.Pick(BadChunks)),
                .. random.Percent(50) ? "0\r\n\r\n"u8 : ""u8];
        var length = random.Pick(
            ["0", "-1", "1", $"{body.Length + 1}", $"{body.Length - 1}", "9223372036854775807", "9223372036854775808",
                "x", "", "+5", "5, 5", "5\r\nContent-Length: 6",
                $"{body.Length}\r\nTransfer-Encoding: chunked", "20000000", "1e3", " "]);
        return [.. Latin1($"{head}Content-Length: {length}\r\n\r\n"), .. body];
    }

    private static byte[] Chunked(Random random, byte[] body)
    {
        var chunks = new List<byte>();
        for (var at = 0; at < body.Length;)
        {
            var length = Math.Min(body.Length - at, random.Next(1, Math.Max(2, body.Length)));
            chunks.AddRange(Latin1($"{length:x}\r\n"));
            chunks.AddRange(body.AsSpan(at, length));
            chunks.AddRange("\r\n"u8);
            at += length;
        }

        return [.. chunks];
    }

    /// <summary>Changes bytes of the head alone: the body may name a command.</summary>
    private static byte[] ChangeHead(Random random, byte[] request)
    {
        var end = request.AsSpan().IndexOf("\r\n\r\n"u8);
        end = end < 0 ? request.Length : end;
        return [.. ByteMutator.Change(random, request.AsSpan(0, end)), .. request.AsSpan(end)];
    }

    private byte[] Pipelined(Random random) =>
        [.. Enumerable.Range(0, random.Next(2, 6))
            .SelectMany(_ => random.Percent(60) ? Latin1("GET /livez HTTP/1.1\r\nHost: {host}\r\n\r\n")
            : Operation(random))];

    private static byte[] Junk(Random random) => random.Next(3) switch
    {
        0 => random.Bytes(random.Next(1, 600)),
        1 => [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, .. random.Bytes(60)],
        _ => [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. random.Bytes(40)],
    };

    private static byte[] Latin1(string text) => Encoding.Latin1.GetBytes(text);
}
