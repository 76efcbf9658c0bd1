using System.Globalization;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Workers;

/// <summary>Finds processes by a text in their environment or their arguments.</summary>
internal static class MarkedProcesses
{
    /// <summary>Those whose environment or arguments have a text, except some.</summary>
    public static List<int> With(string text, params int[] except)
    {
        List<int> found = [];
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
                && !except.Contains(pid) && !Signals.IsGone(pid)
                && (Has(folder + "/environ", text) || Has(folder + "/cmdline", text)))
                found.Add(pid);
        }

        return found;
    }

    /// <summary>Whether a process has a name.</summary>
    public static bool IsNamed(int pid, string name) => Read($"/proc/{pid}/comm").TrimEnd('\n') == name;

    /// <summary>Whether it is the first process of a sandbox or a container.</summary>
    public static bool IsFirst(int pid) =>
        Read($"/proc/{pid}/status").Split('\n').FirstOrDefault(static line => line.StartsWith("NSpid:", StringComparison.Ordinal))
            is { } line && line.Split('\t', StringSplitOptions.RemoveEmptyEntries) is [_, _, .., "1"];

    /// <summary>The name of the container that podman, as this process, runs; null if it runs none.</summary>
    public static string? ContainerOf(int pid)
    {
        const string option = "--name=";
        return Read($"/proc/{pid}/cmdline").Split('\0')
            .FirstOrDefault(static part => part.StartsWith(option + "otask-", StringComparison.Ordinal))?[option.Length..];
    }

    /// <summary>A process in words.</summary>
    public static string Describe(int pid) => $"process {pid}: {Read($"/proc/{pid}/cmdline").Replace('\0', ' ')}";

    private static bool Has(string file, string text) => Read(file).Contains(text, StringComparison.Ordinal);

    private static string Read(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
