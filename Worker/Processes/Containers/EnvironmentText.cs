using System.Text;

namespace OrleansTasks.Worker.Processes.Containers;

/// <summary>
/// The file in which an engine reads the environment of a container. Its arguments could be read by every user of the
/// machine, and its own environment may not have the task's variables, since some of them make an engine do other things.
/// </summary>
internal static class EnvironmentText
{
    /// <summary>The longest line that the engines read.</summary>
    private const int LongestLine = 64 * 1024 - 2;

    /// <summary>Returns the file's text, or null and what cannot be passed on.</summary>
    internal static byte[]? Of(IEnumerable<KeyValuePair<string, string>> environment, out string? fault)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in environment)
        {
            fault = Fault(name, value);
            if (fault is not null)
                return null;
            text.Append(name).Append('=').Append(value).Append('\n');
        }

        fault = null;
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static string? Fault(string name, string value) =>
        name.Length == 0 || name[0] == '#' || name.AsSpan().ContainsAny("\r\n* \t") ? $"its environment variable '{name}' has a name that no engine takes"
        : value.AsSpan().ContainsAny("\r\n") ? $"its environment variable '{name}' has a line break, which container engines cannot pass on; give it as a file"
        : Encoding.UTF8.GetByteCount(name) + Encoding.UTF8.GetByteCount(value) > LongestLine ? $"its environment variable '{name}' is longer than 64 KiB, which container engines cannot pass on; give it as a file"
        : null;
}
