using System.Buffers;
using System.Text;
using OrleansTasks.Client.Http;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Tasks;

/// <summary>
/// Writes the answer to a submitted task: the same bytes as <see cref="TaskJson"/> for an <see cref="AcceptedTask"/>,
/// but faster. Nearly every accepted task is queued and has no labels and a plain name, so its fields are copied
/// between constant strings.
/// </summary>
internal static class AcceptedJson
{
    // The bytes of the answer without name, queue and spec, rounded up.
    private const int LongestOfTheRest = 800;

    // Characters that JSON needs no escape for.
    private static readonly SearchValues<char> Plain =
        SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Select(static code => (char)code).Except(['"', '\\'])]);

    /// <summary>Writes the task as the whole document.</summary>
    public static void Write(JsonAnswer answer, TaskSubmission task, string queue)
    {
        if (task.RunAt > task.Id.CreatedAt || task.After is not null || !task.Labels.IsEmpty || task.Priority > 9
            || task.Name.AsSpan().ContainsAnyExcept(Plain) || queue.AsSpan().ContainsAnyExcept(Plain)
            || task.Submitter is { } submitter && !IsPlain(submitter))
        {
            TaskJson.Write(answer.Writer, AcceptedTask.Of(task, queue));
            return;
        }

        var room = answer.GetSpan(
            LongestOfTheRest + task.Name.Length + queue.Length + LengthOf(task.Submitter) + task.Spec.Length);
        var left = room;
        Add(ref left, "{\"id\":\""u8);
        task.Id.WriteText(left);
        left = left[TaskId.TextLength..];
        Add(ref left, "\",\"name\":\""u8);
        Add(ref left, task.Name);
        Add(ref left, "\",\"queue\":\""u8);
        Add(ref left, queue);
        Add(ref left, "\",\"priority\":"u8);
        // A single digit, as checked above.
        left[0] = (byte)('0' + task.Priority);
        left = left[1..];
        Add(ref left, ",\"state\":\"queued\",\"attempt\":0,\"node\":null,\"createdAt\":\""u8);
        var created = left[..Timestamps.TextLength];
        Timestamps.Write(task.Id.CreatedAt, created);
        left = left[Timestamps.TextLength..];
        Add(ref left, "\",\"queuedAt\":\""u8);
        Add(ref left, created);
        Add(ref left, "\",\"startedAt\":null,\"endedAt\":null,\"cancelRequestedAt\":null,\"exitCode\":null,\"signal\":null"u8);
        Add(ref left, ",\"reason\":null,\"quarantined\":false,\"fingerprint\":null,\"version\":0"u8);
        Add(ref left, ",\"workflow\":null,\"resultBytes\":null,\"artifactCount\":null,\"artifactBytes\":null"u8);
        Add(ref left, ",\"artifactsExpired\":false,\"progress\":null,\"submittedBy\":"u8);
        if (task.Submitter is { } by)
        {
            Add(ref left, "{\"key\":"u8);
            AddString(ref left, by.Key);
            Add(ref left, ",\"name\":"u8);
            AddString(ref left, by.KeyName);
            Add(ref left, ",\"says\":"u8);
            AddString(ref left, by.Says);
            Add(ref left, "},\"definition\":null,\"hadSecrets\":"u8);
        }
        else
            Add(ref left, "null,\"definition\":null,\"hadSecrets\":"u8);
        Add(ref left, task.SecretEnv.IsEmpty ? "false"u8 : "true"u8);
        Add(ref left, ",\"output\":{\"stdoutBytes\":0,\"stderrBytes\":0,\"truncated\":false,\"tail\":\"\"}"u8);
        Add(ref left, ",\"labels\":{},\"spec\":"u8);
        Add(ref left, task.Spec.Span);
        Add(ref left, "}"u8);
        answer.Advance(room.Length - left.Length);
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
        Add(ref left, plain);
        Add(ref left, "\""u8);
    }

    private static void Add(ref Span<byte> left, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(left);
        left = left[bytes.Length..];
    }

    private static void Add(ref Span<byte> left, string ascii) => left = left[Encoding.ASCII.GetBytes(ascii, left)..];
}
