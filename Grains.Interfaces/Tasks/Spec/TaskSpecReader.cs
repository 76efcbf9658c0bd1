using System.Text.Json;
using OrleansTasks.Processing.Resources;

namespace OrleansTasks.Tasks.Spec;

/// <summary>Reads a TaskSpec from JSON, strictly and in one pass, and reports all of its faults.</summary>
public static partial class TaskSpecReader
{
    /// <summary>Reads one spec. Returns null if it has faults.</summary>
    /// <param name="utf8">The whole document.</param>
    /// <param name="now">The current time in Unix milliseconds; <c>expiresAt</c> must be later.</param>
    /// <param name="errors">The object to which faults are added.</param>
    /// <param name="extent">The position of the spec and its secrets in <paramref name="utf8"/>.</param>
    public static TaskSpec? Read(ReadOnlySpan<byte> utf8, long now, SpecErrors errors, out SpecExtent extent)
    {
        extent = default;
        try
        {
            var reader = new StrictReader(utf8, errors);
            reader.Read();
            var spec = Read(ref reader, now, out extent);
            reader.Finish();
            return errors.IsEmpty ? spec : null;
        }
        catch (JsonException fault)
        {
            errors.Malformed = StrictReader.Describe(fault);
            return null;
        }
    }

    /// <summary>
    /// Reads a stored spec, even if it breaks rules that were added since it was accepted: ignores unknown fields and
    /// checks no ranges. Throws <see cref="FormatException"/> if the document is not a task spec.
    /// </summary>
    /// <param name="spec">The spec as submitted, without secrets.</param>
    /// <param name="secretEnv">The <c>secretEnv</c> object; empty if there is none.</param>
    public static TaskSpec ReadStored(ReadOnlySpan<byte> spec, ReadOnlySpan<byte> secretEnv)
    {
        var errors = new SpecErrors { ChecksRules = false };
        var result = Read(spec, long.MinValue, errors, out _);
        if (result is not null && !secretEnv.IsEmpty)
            result.SecretEnv = ReadSecrets(secretEnv, errors);
        if (result is null || !errors.IsEmpty)
            throw errors.Unreadable("task spec");
        return result;
    }

    /// <summary>Reads the spec at which the reader is positioned and adds each fault to the reader's errors.</summary>
    /// <param name="reader">The reader.</param>
    /// <param name="now">The current time in Unix milliseconds.</param>
    /// <param name="extent">The position of the spec and its secrets.</param>
    /// <param name="isNode">Whether the task is a node of a workflow, so that files may come from other nodes.</param>
    internal static TaskSpec Read(ref StrictReader reader, long now, out SpecExtent extent, bool isNode = false)
    {
        var spec = new TaskSpec();
        extent = default;
        if (!reader.IsObject(StrictReader.Root))
            return spec;
        var start = reader.Start;
        var seen = default(SeenFields);
        while (reader.NextField(Names, ref seen, "", out var field))
        {
            if (field != (int)Field.SecretEnv)
            {
                ReadField(ref reader, (Field)field, spec, now);
                continue;
            }

            var (name, value) = (reader.NameStart, reader.Start);
            spec.SecretEnv = ReadVariables(ref reader, "secretEnv");
            extent = new SpecExtent(0, 0, name, value, reader.End);
        }

        extent = extent with { Start = start, End = reader.End };
        CheckCommand(ref reader, seen);
        UniqueReader.Complete(spec, seen.Has((int)Field.Unique), seen.Has((int)Field.Debounce), now, reader.Errors);
        if (spec.ExpiresAt != 0 && spec.ExpiresAt <= spec.RunAt)
            reader.Errors.AddRule("expiresAt", "must be later than runAt, or the task would expire before it could start");
        CheckFiles(spec, isNode, reader.Errors);
        // What a task reserves is also its limit, unless it names a limit of its own.
        if (spec.Limits.MemoryBytes is null && spec.Resources[ResourceName.Memory] is var memory and > 0)
            spec.Limits = spec.Limits with { MemoryBytes = memory };
        RetryReader.CheckMemory(spec.Retry, spec.Limits.MemoryBytes, reader.Errors);
        if (!seen.Has((int)Field.Name) && reader.Errors.IsEmpty)
            spec.Name = spec.Cmd is null ? SpecRules.WithoutControls(spec.Argv[0]) : CommandName.Of(spec.Cmd);
        return spec;
    }

    // Both are read, so that their faults are named; nothing fetches them yet.
    private const string NotServed = "is not supported yet; upload the file, or give the id of a task";

    private static void CheckFiles(TaskSpec spec, bool isNode, SpecErrors errors)
    {
        const string needsFolder = "is allowed only without cwd: files are put into, and taken from, the folder that each attempt gets";
        if (spec.Cwd is not null && !spec.Files.IsEmpty)
            errors.AddRule("files", needsFolder);
        if (spec.Cwd is not null && !spec.Artifacts.IsEmpty)
            errors.AddRule("artifacts", needsFolder);
        for (var i = 0; errors.IsEmpty && i < spec.Files.Length; i++)
        {
            if (spec.Files[i].Node is not null)
                errors.AddRule($"files[{i}].node", isNode ? NotServed : "is allowed only in a workflow; give the id of a task as task");
            if (spec.Files[i].Url is not null)
                errors.AddRule($"files[{i}].url", NotServed);
        }
    }

    private static void CheckCommand(ref StrictReader reader, in SeenFields seen)
    {
        var (cmd, argv) = (seen.Has((int)Field.Cmd), seen.Has((int)Field.Argv));
        if (cmd && argv)
            reader.Errors.Add("argv", "cmd and argv exclude each other; give one of them");
        else if (!cmd && !argv)
            reader.Errors.Add("cmd", "is missing; give cmd (a line for /bin/sh) or argv (a program with arguments)");
    }

    private static ImmutableArray<EnvironmentVariable> ReadSecrets(ReadOnlySpan<byte> utf8, SpecErrors errors)
    {
        try
        {
            var reader = new StrictReader(utf8, errors);
            reader.Read();
            return ReadVariables(ref reader, "secretEnv");
        }
        catch (JsonException fault)
        {
            errors.Malformed = StrictReader.Describe(fault);
            return [];
        }
    }
}
