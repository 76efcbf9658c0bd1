using System.Globalization;
using System.Runtime.InteropServices;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Tests.Torture;

/// <summary>A script of the folder Trees: a process tree that tries to outlive its task.</summary>
internal sealed class HostileTree
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Torture", "Trees");
    private readonly Dictionary<string, string> headers;

    private HostileTree(string path)
    {
        Script = path;
        Name = Path.GetFileNameWithoutExtension(path);
        headers = File.ReadLines(path).TakeWhile(static line => line.StartsWith('#'))
            .Select(static line => line[1..].Split(':', 2, StringSplitOptions.TrimEntries))
            .Where(static parts => parts is ["limits" or "reason", _])
            .ToDictionary(static parts => parts[0], static parts => parts[1]);
    }

    public static IReadOnlyList<HostileTree> All { get; } =
    [
        .. Directory.GetFiles(Folder, "*.sh").Order(StringComparer.Ordinal).Select(static path => new HostileTree(path))
            .Where(static tree => tree.Name != "prelude"),
    ];

    public string Name { get; }

    private string Script { get; }

    /// <summary>Why it ends when it is left to end by itself.</summary>
    public Result.Types.Reason Reason =>
        Enum.Parse<Result.Types.Reason>(headers.GetValueOrDefault("reason", "exit").Replace("-", ""), ignoreCase: true);

    public bool HasLimits => headers.ContainsKey("limits");

    public bool LimitsProcesses => headers.TryGetValue("limits", out var limit) && limit.StartsWith("processes=", StringComparison.Ordinal);

    public static HostileTree Named(string name) => All.Single(tree => tree.Name == name);

    /// <summary>Its command line.</summary>
    public string[] Arguments => ["/bin/bash", Script];

    /// <summary>Its environment, besides what an agent gives.</summary>
    public static Dictionary<string, string> Environment(string ready, bool endsByItself)
    {
        var arm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
        return new()
        {
            ["TREES"] = Folder,
            ["READY"] = ready,
            ["ENDING"] = endsByItself ? "exit" : "stay",
            ["NR_CLONE"] = arm ? "220" : "56",
            ["NR_PRCTL"] = arm ? "167" : "157",
            ["NR_PTRACE"] = arm ? "117" : "101",
        };
    }

    /// <summary>Makes a command run this tree.</summary>
    public void Fill(Start start, string ready, bool endsByItself)
    {
        start.Name = Name;
        start.Argv.Clear();
        start.Argv.Add(Arguments);
        foreach (var (name, value) in Environment(ready, endsByItself)) start.Env[name] = value;
        if (!headers.TryGetValue("limits", out var limits) || limits.Split('=') is not [var what, var text]) return;
        var count = int.Parse(text, CultureInfo.InvariantCulture);
        switch (what)
        {
            case "memory": start.MemoryBytes = count; break;
            case "cpu": start.CpuTimeMs = count; break;
            case "processes": start.Processes = count; break;
            case "files": start.OpenFiles = count; break;
            default: throw new InvalidOperationException($"{Name} limits what there is not: {what}");
        }
    }
}
