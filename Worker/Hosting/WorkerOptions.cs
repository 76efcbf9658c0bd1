using OrleansTasks.Logs;
using OrleansTasks.Processing.Plugins;
using OrleansTasks.Worker.Processes.Users;
using OrleansTasks.Worker.Trust;

namespace OrleansTasks.Worker.Hosting;

/// <summary>What the worker's command line asked for; every value is valid by itself.</summary>
public sealed record WorkerOptions
{
    /// <summary>The masters to work for, in the order in which they are tried.</summary>
    public required IReadOnlyList<Uri> Masters { get; init; }

    /// <summary>The worker's name, which is its node's id.</summary>
    public required string Name { get; init; }

    /// <summary>How many tasks it runs at once.</summary>
    public required int Slots { get; init; }

    /// <summary>What a task's <c>requires</c> is compared with.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>The data folder, absolute.</summary>
    public required string Data { get; init; }

    /// <summary>What it joins a service with that it does not know yet; null: it has nothing.</summary>
    public JoinToken? Token { get; init; }

    /// <summary>As whom tasks run, or the range of users of whom each has one; null: as the worker.</summary>
    public RunAsUser? RunAs { get; init; }

    /// <summary>The folders, absolute and without links, that jobs' files may be in; none: any folder.</summary>
    public IReadOnlyList<string> FileRoots { get; init; } = [];

    /// <summary>The processors that its plug-ins bring.</summary>
    public PluginCatalog Plugins { get; init; } = PluginCatalog.Empty;

    /// <summary>How it writes its log.</summary>
    public LogFormat LogFormat { get; init; }

    /// <summary>How long running tasks may go on after SIGTERM.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(10);
}
