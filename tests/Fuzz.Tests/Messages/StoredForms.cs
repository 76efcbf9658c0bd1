using System.Collections;
using System.Collections.Immutable;
using System.Reflection;
using System.Text;
using System.Text.Json;
using OrleansTasks.Feed;
using OrleansTasks.Fuzz.Tests.Fuzzing;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Fuzz.Tests.Messages;

/// <summary>
/// The forms in which rows of the store, and what is kept beside them, are written. The readers are internal to their
/// projects, so they are found by name: a reader that is renamed fails the tests at their start.
/// </summary>
internal static class StoredForms
{
    private delegate T SpanReader<out T>(ReadOnlySpan<byte> bytes);

    private delegate int EventWriter(IReadOnlyList<FeedEntry> entries, Span<byte> destination);

    private static readonly string[] TaskSpecs =
    [
        """{"cmd":"touch /tmp/hello"}""",
        """{"argv":["/usr/bin/env","x"],"name":"n","queue":"q","priority":3,"env":{"A":"b"},"cwd":"/tmp"}""",
        """{"cmd":"x","timeout":"1h30m","killGrace":"0s","labels":{"a":"b"},"requires":{"z":"y"},"maxOutputBytes":0,"hideProgress":true,"concurrency":{"key":"k e y","limit":3}}""",
        """{"cmd":"x","unique":{"key":"k","while":"queued","then":"replace"},"debounce":"1s","debounceMax":"1m"}""",
        """{"cmd":"x","retry":{"maxAttempts":3,"backoff":"1s","onNodeLost":false},"runAt":"2026-11-05T09:30:00Z"}""",
        """{"cmd":"x","limits":{"memoryBytes":9},"retry":{"fatalExitCodes":[2,"64-78"],"on":{"exit":{"maxAttempts":3,"codes":[7]},"out-of-memory":{"maxAttempts":2,"memoryFactor":1.5,"memoryMax":99}}}}""",
        """{"cmd":"x","limits":{"memoryBytes":1,"cpuTime":"1s","processes":2},"expiresAt":"2199-01-01T00:00:00Z"}""",
        """{"cmd":"x","after":["019f5a2c-7d10-7c3a-8b00-0342ab12cd33",{"task":"019f5a2c-7d10-7c3a-8b00-0342ab12cd34","on":"failed"}]}""",
    ];

    private static readonly string[] JobSpecs =
    [
        """{"source":{"range":{"from":0,"to":9}},"process":{"builtin":"square"},"aggregate":[{"as":"s","op":"sum"}]}""",
        """
        {"source":{"items":[1,"a",{"b":[2]}]},"process":{"builtin":"json","select":"/b"},
        "aggregate":[{"as":"k","op":"topK","k":3}],"retry":{"maxAttempts":2}}
        """,
        """
        {"source":{"file":{"path":"/x","format":"csv"}},"process":{"command":{"argv":["/bin/cat"]}},
        "aggregate":[{"as":"c","op":"collect"}],"order":"source"}
        """,
    ];

    /// <summary>All forms.</summary>
    public static IEnumerable<Codec> All()
    {
        var assembly = Assembly.Load("OrleansTasks.Storage");
        var readEvents = Find<SpanReader<ImmutableArray<FeedEntry>>>(assembly,
            "OrleansTasks.Storage.Encodings.EventCodec", "Read");
        var writeEvents = Find<EventWriter>(assembly, "OrleansTasks.Storage.Encodings.EventCodec", "Write");
        var readLabels = Find<SpanReader<ImmutableArray<Label>>>(assembly, "OrleansTasks.Storage.Encodings.LabelText",
            "Read");
        var readRetry = Find<SpanReader<RetryPolicy>>(assembly, "OrleansTasks.Storage.Encodings.RetryText", "Read");
        yield return Form("events", random => Events(random, writeEvents), bytes => readEvents(bytes));
        yield return Form("labels", static random => Encoding.UTF8.GetBytes(random.Pick([
            """{"a":"b"}""", """{"a":"b","c":"é"}""", """{"team":"","x":"\u0001"}"""])), bytes => readLabels(bytes));
        yield return Form("retry", static random => Encoding.UTF8.GetBytes(random.Pick(
            ["3 1000 300000 1", "1 1 1 0", "3 1 1 1 fatal=2,64-78 exit=5 node-lost=9 codes=75 memory=1.5*900"])),
            bytes => readRetry(bytes));
        yield return Form("queue-key", static random =>
            Encoding.UTF8.GetBytes(random.Pick(["default", "a.b/63"])),
            static bytes => Encoding.UTF8.GetString(bytes));
        yield return Form("task-spec", static random => Encoding.UTF8.GetBytes(random.Pick(TaskSpecs)), static bytes =>
            TaskSpecReader.ReadStored(bytes, default))
            with { TakesFuture = static (bytes, random) => RequireSame(bytes, random, static spec =>
                Describe(TaskSpecReader.ReadStored(spec, default))) };
        yield return Form("job-spec", static random => Encoding.UTF8.GetBytes(random.Pick(JobSpecs)), static bytes =>
            JobSpecReader.ReadStored(bytes))
            with { TakesFuture = static (bytes, random) => RequireSame(bytes, random, static spec =>
                Describe(JobSpecReader.ReadStored(spec))) };
        yield return Answer();
    }

    /// <summary>Makes a form whose reader says by a FormatException that it cannot read.</summary>
    internal static Codec Form(string name, Func<Random, byte[]> make, Action<byte[]> read) =>
        new(name, make, read, static refusal => refusal is FormatException);

    /// <summary>Finds a static method by its type's and its own name.</summary>
    internal static T Find<T>(Assembly assembly, string type, string method)
        where T : Delegate
    {
        var parameters = typeof(T).GetMethod("Invoke")!.GetParameters()
            .Select(static parameter => parameter.ParameterType).ToArray();
        var found = assembly.GetType(type, throwOnError: true)!
            .GetMethod(method, BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic, parameters)
            ?? throw new InvalidOperationException(
                $"{type} has no method {method} any more: tell the fuzzer its new name.");
        return found.CreateDelegate<T>();
    }

    private static Codec Answer()
    {
        var decode = Assembly.Load("OrleansTasks.Client").GetType("OrleansTasks.Client.Tasks.StoredAnswer",
            throwOnError: true)!
            .GetMethod("Decode", BindingFlags.Static | BindingFlags.Public)!;
        return Form(
            "stored-answer", static random => [1, 0, 4, .. "/a/b"u8, .. random.Bytes(random.Next(0, 20))],
            bytes => decode.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [new ReadOnlyMemory<byte>(bytes)],
                null));
    }

    private static byte[] Events(Random random, EventWriter write)
    {
        var entries = Enumerable.Range(0, random.Next(0, 6)).Select(_ => new FeedEntry(
            new TaskId((ulong)random.NextInt64(), (ulong)random.Next(2)), (TaskState)random.Next(0, 7),
                (int)random.Edge())).ToArray();
        var buffer = new byte[entries.Length * 32];
        return buffer[..write(entries, buffer)];
    }

    private static void RequireSame(byte[] json, Random random, Func<byte[], string> read)
    {
        // Unknown members at the front of the object, as a later version may write them.
        var future = random.Pick([
            "\"futureNumber\":1e9", "\"futureText\":\"é\"", "\"futureObject\":{\"a\":[1,{\"b\":null}]}",
                "\"futureList\":[[[]]]", "\"futureNull\":null"]);
        var (now, then) = (read(json),
            read([(byte)'{', .. Encoding.UTF8.GetBytes(future), (byte)',', .. json.AsSpan(1)]));
        if (now != then)
            throw new FindingException($"With {future} a stored spec is read as {then}; without it, it is {now}.");
    }

    /// <summary>All that a spec says, as text.</summary>
    private static string Describe(object? value) => value switch
    {
        null => "null",
        string text => JsonSerializer.Serialize(text),
        ReadOnlyMemory<byte> bytes => Convert.ToHexString(bytes.Span),
        IEnumerable<object> items => $"[{string.Join(',', items.Select(Describe))}]",
        IEnumerable items => $"[{string.Join(',', items.Cast<object>().Select(Describe))}]",
        _ when IsOurs(value.GetType()) =>
            $"({string.Join(',', Members(value.GetType()).Select(one => $"{one.Name}={Describe(one.GetValue(value))}"))})",
        _ => value.ToString() ?? "",
    };

    private static IEnumerable<PropertyInfo> Members(Type type) =>
        type.GetProperties(BindingFlags.Instance | BindingFlags.Public)
            .Where(static one => one.GetIndexParameters().Length == 0);

    private static bool IsOurs(Type type) =>
        !type.IsEnum && type.Namespace?.StartsWith("OrleansTasks", StringComparison.Ordinal) == true;
}
