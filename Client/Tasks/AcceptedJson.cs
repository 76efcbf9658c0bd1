using System.Buffers;
using System.Text;
using System.Text.Json;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Tasks;

/// <summary>
/// Writes the answer to a submitted task: the same bytes as a <see cref="TaskAnswer"/> of an <see cref="AcceptedTask"/>,
/// but faster. Nearly every accepted task is queued and has no labels and a plain name. All such answers are equal but
/// for a few values, so the rest is written once and copied from then on.
/// </summary>
internal static class AcceptedJson
{
    // Characters that JSON needs no escape for.
    private static readonly SearchValues<char> Plain =
        SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Select(static code => (char)code).Except(['"', '\\'])]);

    // The values that differ, by their names in the answer.
    private static readonly Dictionary<string, Value> Values = new()
    {
        ["id"] = Value.Id, ["name"] = Value.Name, ["queue"] = Value.Queue, ["priority"] = Value.Priority, ["createdAt"] = Value.Accepted,
        ["queuedAt"] = Value.Accepted, ["submittedBy"] = Value.SubmittedBy, ["hadSecrets"] = Value.HadSecrets, ["spec"] = Value.Spec,
    };

    private static readonly Part[] Parts = Split(out End);

    // The bytes after the last of them.
    private static readonly byte[] End;

    // The bytes of the answer without name, queue, submitter and spec, rounded up.
    private static readonly int LongestOfTheRest =
        End.Length + Parts.Sum(static part => part.Before.Length) + TaskId.TextLength + (2 * Timestamps.TextLength) + 100;

    private enum Value
    {
        Id,
        Name,
        Queue,
        Priority,
        Accepted,
        SubmittedBy,
        HadSecrets,
        Spec,
    }

    /// <summary>Writes the task as the whole document.</summary>
    public static void Write(JsonAnswer answer, TaskSubmission task, string queue)
    {
        if (task.RunAt > task.Id.CreatedAt || task.After is not null || !task.Labels.IsEmpty || task.Priority > 9
            || task.Name.AsSpan().ContainsAnyExcept(Plain) || queue.AsSpan().ContainsAnyExcept(Plain)
            || task.Submitter is { } submitter && !IsPlain(submitter))
        {
            HotJson<TaskAnswer>.Write(answer.Writer, TaskAnswer.Of(AcceptedTask.Of(task, queue)));
            return;
        }

        var room = answer.GetSpan(
            LongestOfTheRest + task.Name.Length + queue.Length + LengthOf(task.Submitter) + task.Spec.Length);
        var left = room;
        foreach (var part in Parts)
        {
            Add(ref left, part.Before);
            Add(ref left, part.Value, task, queue);
        }

        Add(ref left, End);
        answer.Advance(room.Length - left.Length);
    }

    private static void Add(ref Span<byte> left, Value value, TaskSubmission task, string queue)
    {
        switch (value)
        {
            case Value.Id:
                left[0] = (byte)'"';
                task.Id.WriteText(left[1..]);
                left = left[(1 + TaskId.TextLength)..];
                Add(ref left, "\""u8);
                break;
            case Value.Name:
                AddString(ref left, task.Name);
                break;
            case Value.Queue:
                AddString(ref left, queue);
                break;
            case Value.Priority:
                // A single digit, as the caller has checked.
                left[0] = (byte)('0' + task.Priority);
                left = left[1..];
                break;
            case Value.Accepted:
                left[0] = (byte)'"';
                Timestamps.Write(task.Id.CreatedAt, left.Slice(1, Timestamps.TextLength));
                left = left[(1 + Timestamps.TextLength)..];
                Add(ref left, "\""u8);
                break;
            case Value.SubmittedBy when task.Submitter is { } by:
                Add(ref left, "{\"key\":"u8);
                AddString(ref left, by.Key);
                Add(ref left, ",\"name\":"u8);
                AddString(ref left, by.KeyName);
                Add(ref left, ",\"says\":"u8);
                AddString(ref left, by.Says);
                Add(ref left, "}"u8);
                break;
            case Value.SubmittedBy:
                Add(ref left, "null"u8);
                break;
            case Value.HadSecrets:
                Add(ref left, task.SecretEnv.IsEmpty ? "false"u8 : "true"u8);
                break;
            case Value.Spec:
                Add(ref left, task.Spec.Span);
                break;
        }
    }

    /// <summary>Writes the answer to one task, and cuts it at the values that differ.</summary>
    /// <param name="end">The bytes after the last of them.</param>
    private static Part[] Split(out byte[] end)
    {
        var sample = new TaskSubmission(
            Examples.Id, "x", 5, 0, 0, RetryPolicy.Default, [], [], default, "{}"u8.ToArray(), default);
        var json = JsonAnswer.Rent();
        HotJson<TaskAnswer>.Write(json.Writer, TaskAnswer.Of(AcceptedTask.Of(sample, "x")));
        var whole = json.ToArray();
        var parts = new List<Part>();
        var reader = new Utf8JsonReader(whole);
        var from = 0;
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            if (!Values.TryGetValue(name, out var value))
                continue;
            parts.Add(new Part(whole[from..start], value));
            from = (int)reader.BytesConsumed;
        }

        end = whole[from..];
        return [.. parts];
    }

    private static bool IsPlain(Submitter by) => !by.Key.AsSpan().ContainsAnyExcept(Plain)
        && !by.KeyName.AsSpan().ContainsAnyExcept(Plain) && !by.Says.AsSpan().ContainsAnyExcept(Plain);

    private static int LengthOf(Submitter? by) =>
        (by?.Key?.Length ?? 0) + (by?.KeyName?.Length ?? 0) + (by?.Says?.Length ?? 0);

    private static void AddString(ref Span<byte> left, string? plain)
    {
        if (plain is null)
        {
            Add(ref left, "null"u8);
            return;
        }

        Add(ref left, "\""u8);
        left = left[Encoding.ASCII.GetBytes(plain, left)..];
        Add(ref left, "\""u8);
    }

    private static void Add(ref Span<byte> left, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(left);
        left = left[bytes.Length..];
    }

    private readonly record struct Part(byte[] Before, Value Value);
}

/// <summary>A task as the answer to its submission shows it: accepted but not started.</summary>
internal static class AcceptedTask
{
    /// <summary>Returns the record of a task that is being submitted.</summary>
    public static TaskRecord Of(TaskSubmission task, string queue)
    {
        // A task whose parents have all ended is also shown as scheduled: only its dispatcher knows that they have, and
        // queues it.
        var waits = task.RunAt > task.Id.CreatedAt || task.After is not null;
        return new TaskRecord(
            task.Id, task.Name, queue, task.Priority, waits ? TaskState.Scheduled : TaskState.Queued, 0, null,
            waits ? null
                : task.Id.CreatedAt, null, null, null, null, EndReason.None, null, 0, 0, false, default, task.Labels,
            task.Spec, null)
        {
            SubmittedBy = task.Submitter,
            HadSecrets = !task.SecretEnv.IsEmpty,
        };
    }
}
