using System.Text;

namespace OrleansTasks.Worker.Processes.Containers;

/// <summary>
/// The file from which an engine reads the environment of a container. Every user of the machine can read an engine's
/// arguments, and some variables would change what the engine itself does if they were in its own environment.
/// </summary>
internal static class EnvironmentText
{
    /// <summary>The longest line that engines read.</summary>
    private const int LongestLine = 64 * 1024 - 2;

    /// <summary>Returns the file's text. If a variable cannot be passed on, it returns null and says why.</summary>
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

    private static string? Fault(string name, string value)
    {
        if (name.Length == 0 || name[0] == '#' || name.AsSpan().ContainsAny("\r\n* \t"))
            return $"container engines cannot pass on its environment variable '{name}'; rename it";
        if (value.AsSpan().ContainsAny("\r\n"))
        {
            return $"its environment variable '{name}' has a line break, which container engines cannot pass on; "
                + "pass the value in a file";
        }

        return Encoding.UTF8.GetByteCount(name) + Encoding.UTF8.GetByteCount(value) > LongestLine
            ? $"its environment variable '{name}' is longer than 64 KiB, which container engines cannot pass on; "
                + "pass the value in a file"
            : null;
    }
}
