using System.Buffers;
using System.Text;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes;

/// <summary>
/// The task and attempt in a process's environment.
/// Descendants inherit these variables, which identify the attempt of an orphan that left its session.
/// </summary>
internal static class ProcessMarker
{
    private const int Longest = 1024 * 1024;

    /// <summary>The environment variable with the task's id.</summary>
    internal const string Task = "TASK_ID";

    /// <summary>The environment variable with the attempt's number.</summary>
    internal const string Attempt = "TASK_ATTEMPT";

    /// <summary>Returns the marker in an environment; null if it has none.</summary>
    internal static string? Of(IEnumerable<KeyValuePair<string, string>> environment)
    {
        string? task = null, attempt = null;
        foreach (var (name, value) in environment)
        {
            if (name == Task) task = value;
            else if (name == Attempt) attempt = value;
        }
        return task is null ? null : $"{task}\n{attempt}";
    }

    /// <summary>Returns the marker of a living process; null if it has none or hides it.</summary>
    internal static string? Of(int pid)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Longest);
        var length = Descriptors.ReadSmall($"/proc/{pid}/environ", buffer);
        string? marker = null;
        if (length > 0)
        {
            var text = buffer.AsSpan(0, length);
            if (Find(text, "TASK_ID="u8) is { } task) marker = $"{task}\n{Find(text, "TASK_ATTEMPT="u8)}";
        }
        ArrayPool<byte>.Shared.Return(buffer);
        return marker;
    }

    private static string? Find(ReadOnlySpan<byte> environment, ReadOnlySpan<byte> name)
    {
        foreach (var range in environment.Split((byte)0))
        {
            if (environment[range].StartsWith(name)) return Encoding.UTF8.GetString(environment[range][name.Length..]);
        }
        return null;
    }
}
