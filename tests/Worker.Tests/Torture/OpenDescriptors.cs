namespace OrleansTasks.Worker.Tests.Torture;

/// <summary>What this process has open, counted by kind.</summary>
internal static class OpenDescriptors
{
    /// <summary>
    /// The counts now. What the runtime opens as it goes is not counted: assemblies, and sockets, of which a host of processes has
    /// none.
    /// </summary>
    public static Dictionary<string, int> Count() => Directory.GetFiles("/proc/self/fd")
        .Select(static path => new FileInfo(path).LinkTarget ?? "")
        .Where(static target => !target.EndsWith(".dll", StringComparison.Ordinal))
        .Select(static target => target.Split(':')[0])
        .Where(static kind => kind != "socket")
        .GroupBy(static kind => kind)
        .ToDictionary(static kind => kind.Key, static kind => kind.Count());

    /// <summary>The kinds of which there are more now than there were.</summary>
    public static List<string> MoreThan(Dictionary<string, int> before) =>
        [.. Count().Where(kind => kind.Value > before.GetValueOrDefault(kind.Key)).Select(static kind => $"{kind.Value} of {kind.Key}")];
}
