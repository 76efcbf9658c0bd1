using System.Text;

namespace OrleansTasks.Tasks.Spec;

public static partial class TaskSpecReader
{
    private static readonly string[] CommandNames = ["cmd", "argv"];
    private static readonly string[] SourceNames = [.. CommandNames, "replayable"];
    private static readonly TimeSpan ShortestTimeout = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestTime = TimeSpan.FromDays(30);
    private static readonly TimeSpan LongestKillGrace = TimeSpan.FromMinutes(10);
    private const int LongestPath = 4_095;

    private static readonly string[] Names =
    [
        "cmd", "argv", "name", "queue", "priority", "env", "cwd", "stdin", "timeout", "killGrace", "retry", "runAt",
            "labels",
        "requires", "limits", "secretEnv", "expiresAt", "maxOutputBytes",
        "concurrency", "after", "result", "files", "artifacts", "maxArtifactBytes", "isolation", "resources", "unique",
        "debounce", "debounceMax", "hideProgress",
    ];

    private static readonly string[] ConcurrencyNames = ["key", "limit"];
    private static readonly string[] LimitNames = ["memoryBytes", "cpuTime", "processes", "openFiles"];

    /// <summary>The fields in the order of <see cref="Names"/>.</summary>
    private enum Field
    {
        Cmd, Argv, Name, Queue, Priority, Env, Cwd, Stdin, Timeout, KillGrace, Retry, RunAt, Labels, Requires, Limits,
            SecretEnv,
        ExpiresAt, MaxOutputBytes,
        Concurrency, After, Result, Files, Artifacts, MaxArtifactBytes, Isolation, Resources, Unique, Debounce,
        DebounceMax, HideProgress,
    }

    private static void ReadField(ref StrictReader reader, Field field, TaskSpec spec, long now)
    {
        switch (field)
        {
            case Field.Cmd:
                spec.Cmd = ReadArgument(ref reader, "cmd", mayBeEmpty: false);
                break;
            case Field.Argv:
                spec.Argv = ReadArguments(ref reader);
                break;
            case Field.Name:
                spec.Name = ReadName(ref reader);
                break;
            case Field.Queue:
                spec.Queue = ReadQueue(ref reader);
                break;
            case Field.Priority:
                spec.Priority = byte.CreateSaturating(reader.Integer("priority", 0, 9) ?? 0);
                break;
            case Field.Env:
                spec.Env = ReadVariables(ref reader, "env");
                break;
            case Field.Cwd:
                spec.Cwd = ReadPath(ref reader);
                break;
            case Field.Stdin:
                spec.Stdin = ReadInput(ref reader);
                break;
            case Field.Timeout:
                spec.Timeout = reader.Duration("timeout", ShortestTimeout, LongestTime) ?? default;
                break;
            case Field.KillGrace:
                spec.KillGrace = reader.Duration("killGrace", TimeSpan.Zero, LongestKillGrace) ?? default;
                break;
            case Field.Retry:
                spec.Retry = RetryReader.Read(ref reader);
                break;
            case Field.RunAt:
                spec.RunAt = Math.Max(reader.Time("runAt") ?? 0, 0);
                break;
            case Field.Labels:
                spec.Labels = ReadLabels(ref reader, "labels");
                break;
            case Field.Requires:
                spec.Requires = ReadLabels(ref reader, "requires");
                break;
            case Field.Limits:
                spec.Limits = ReadLimits(ref reader);
                break;
            case Field.ExpiresAt:
                spec.ExpiresAt = ReadExpiry(ref reader, now);
                break;
            case Field.Concurrency:
                spec.Concurrency = ReadConcurrency(ref reader);
                break;
            case Field.After:
                spec.After = AfterReader.Read(ref reader);
                break;
            case Field.Result:
                spec.Result = reader.Boolean("result") ?? false;
                break;
            case Field.Files:
                spec.Files = FilesReader.Read(ref reader);
                break;
            case Field.Artifacts:
                spec.Artifacts = FilesReader.ReadArtifacts(ref reader);
                break;
            case Field.MaxArtifactBytes:
                spec.MaxArtifactBytes = reader.ByteSize("maxArtifactBytes", 0, TaskArtifact.LargestMaxBytes) ?? 0;
                break;
            case Field.Isolation:
                spec.Isolation = IsolationReader.Read(ref reader);
                break;
            case Field.Resources:
                (spec.Resources, spec.Pins) = ResourceReader.Read(ref reader);
                break;
            case Field.Unique:
                spec.Unique = UniqueReader.Read(ref reader);
                break;
            case Field.Debounce:
                spec.Debounce = UniqueReader.ReadDebounce(ref reader, "debounce");
                break;
            case Field.DebounceMax:
                spec.DebounceMax = UniqueReader.ReadDebounce(ref reader, "debounceMax");
                break;
            case Field.HideProgress:
                spec.HideProgress = reader.Boolean("hideProgress") ?? false;
                break;
            case Field.MaxOutputBytes:
                spec.MaxOutputBytes = reader.Integer("maxOutputBytes", 0, TaskSpec.LargestMaxOutputBytes) ?? 0;
                break;
        }
    }

    private static string? ReadArgument(ref StrictReader reader, string path, bool mayBeEmpty)
    {
        if (reader.String(path) is not { } text)
            return null;
        if (text.Length == 0 && !mayBeEmpty)
            reader.Errors.AddRule(path, "must not be empty");
        // A character takes at most three bytes of UTF-8, so short strings need no count.
        else if (text.Length > SpecRules.LongestArgument / 3
            && Encoding.UTF8.GetByteCount(text) > SpecRules.LongestArgument)
            reader.Errors.AddRule(path,
                $"has {Encoding.UTF8.GetByteCount(text)} bytes; at most {SpecRules.LongestArgument} are allowed");
        else if (text.Contains('\0'))
            reader.Errors.AddRule(path, "contains a NUL character, which a command line cannot hold");
        return text;
    }

    /// <summary>Reads <c>{"cmd"|"argv"}</c> as arguments, with the name that they give a task.</summary>
    internal static (ImmutableArray<string> Arguments, string Name) ReadCommand(ref StrictReader reader, string path) =>
        ReadCommand(ref reader, path, CommandNames, out _);

    /// <summary>Reads a command that may also have the field <c>replayable</c>.</summary>
    internal static (ImmutableArray<string> Arguments, string Name) ReadCommand(
        ref StrictReader reader, string path, out bool isReplayable) =>
        ReadCommand(ref reader, path, SourceNames, out isReplayable);

    private static (ImmutableArray<string> Arguments, string Name) ReadCommand(
        ref StrictReader reader, string path, string[] names, out bool isReplayable)
    {
        isReplayable = false;
        if (!reader.IsObject(path))
            return ([], "");
        string? cmd = null;
        ImmutableArray<string> argv = [];
        var seen = default(SeenFields);
        while (reader.NextField(names, ref seen, path, out var field))
        {
            if (field == 0)
                cmd = ReadArgument(ref reader, $"{path}.cmd", mayBeEmpty: false);
            else if (field == 1)
                argv = ReadArguments(ref reader, $"{path}.argv");
            else
                isReplayable = reader.Boolean($"{path}.replayable") ?? false;
        }

        if (seen.Has(0) && seen.Has(1))
            reader.Errors.Add($"{path}.argv", "cmd and argv exclude each other; give one of them");
        else if (!seen.Has(0) && !seen.Has(1))
            reader.Errors.Add($"{path}.cmd", "is missing; give cmd (a line for /bin/sh) or argv (a program with arguments)");
        return !reader.Errors.IsEmpty ? ([], "")
            : cmd is null ? (argv, SpecRules.WithoutControls(argv[0]))
            : (["/bin/sh", "-c", cmd], CommandName.Of(cmd));
    }

    private static ImmutableArray<string> ReadArguments(ref StrictReader reader, string path = "argv")
    {
        if (!reader.IsArray(path))
            return [];
        var items = ImmutableArray.CreateBuilder<string>();
        var count = 0;
        for (; reader.Read() && reader.Token != System.Text.Json.JsonTokenType.EndArray; count++)
        {
            if (count < SpecRules.MostArguments || !reader.Errors.ChecksRules)
                items.Add(ReadArgument(ref reader, $"{path}[{count}]", mayBeEmpty: count > 0) ?? "");
            else
                reader.Skip();
        }

        if (count == 0)
            reader.Errors.Add(path, $"has 0 items; 1 to {SpecRules.MostArguments} are allowed");
        else if (count > SpecRules.MostArguments)
            reader.Errors.AddRule(path, $"has {count} items; 1 to {SpecRules.MostArguments} are allowed");
        return items.DrainToImmutable();
    }

    internal static string ReadName(ref StrictReader reader)
    {
        var name = reader.String("name") ?? "";
        if (SpecRules.FaultOfText(name, SpecRules.LongestName) is { } fault)
            reader.Errors.AddRule("name", fault);
        return name;
    }

    internal static string ReadQueue(ref StrictReader reader)
    {
        var queue = reader.String("queue");
        if (queue is not null && !SpecRules.IsQueueName(queue))
            reader.Errors.AddRule("queue",
                $"'{StrictReader.Quote(queue)}' is not a queue name: it must match {SpecRules.QueueName}");
        return queue ?? "";
    }

    private static string? ReadPath(ref StrictReader reader)
    {
        if (reader.String("cwd") is not { } path)
            return null;
        if (path is not ['/', ..] || path.Contains('\0') || Encoding.UTF8.GetByteCount(path) > LongestPath)
            reader.Errors.AddRule("cwd", $"must be an absolute path of at most {LongestPath} bytes without NUL");
        return path;
    }

    private static ReadOnlyMemory<byte> ReadInput(ref StrictReader reader)
    {
        var input = reader.Bytes("stdin");
        if (input?.Length > SpecRules.LongestInput)
            reader.Errors.AddRule("stdin", $"has {input.Length} bytes; at most {SpecRules.LongestInput} are allowed");
        return input;
    }

    private static long ReadExpiry(ref StrictReader reader, long now)
    {
        if (reader.Time("expiresAt") is not { } time)
            return 0;
        if (time <= now)
            reader.Errors.AddRule("expiresAt", "must be in the future; omit it for a task that never expires");
        return Math.Max(time, 1);
    }

    private static TaskLimits ReadLimits(ref StrictReader reader)
    {
        var limits = TaskLimits.None;
        if (!reader.IsObject("limits"))
            return limits;
        var seen = default(SeenFields);
        while (reader.NextField(LimitNames, ref seen, "limits", out var field))
        {
            // In the order of LimitNames.
            limits = field switch
            {
                0 => limits with { MemoryBytes = reader.Integer("limits.memoryBytes", 1, long.MaxValue) },
                1 => limits with
                { CpuTime = reader.Duration("limits.cpuTime", ShortestTimeout, TimeSpan.FromDays(36_500)) },
                2 => limits with { Processes = ToInt32(reader.Integer("limits.processes", 1, int.MaxValue)) },
                _ => limits with { OpenFiles = ToInt32(reader.Integer("limits.openFiles", 1, int.MaxValue)) },
            };
        }

        return limits;
    }

    private static TaskConcurrency? ReadConcurrency(ref StrictReader reader)
    {
        if (!reader.IsObject("concurrency"))
            return null;
        var (key, limit) = ("", 1);
        var seen = default(SeenFields);
        while (reader.NextField(ConcurrencyNames, ref seen, "concurrency", out var field))
        {
            if (field == 0)
                key = ReadKey(ref reader, "concurrency.key");
            else
            {
                var read = reader.Integer("concurrency.limit", 1, TaskConcurrency.LargestLimit);
                limit = int.CreateSaturating(read ?? 1);
            }
        }

        if (!seen.Has(0))
            reader.Errors.Add("concurrency.key", "is missing; tasks with the same key share a limit");
        return new TaskConcurrency(key, Math.Max(limit, 1));
    }

    internal static string ReadKey(ref StrictReader reader, string path)
    {
        if (reader.String(path) is not { } key)
            return "";
        if (key.Length == 0)
            reader.Errors.AddRule(path, "must not be empty");
        else if (SpecRules.FaultOfText(key, TaskConcurrency.LongestKey) is { } fault)
            reader.Errors.AddRule(path, fault);
        return key;
    }

    private static int? ToInt32(long? value) => value is { } known ? int.CreateSaturating(known) : null;
}
