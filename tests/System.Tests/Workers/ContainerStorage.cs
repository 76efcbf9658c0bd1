using OrleansTasks.System.Tests.Running;
using OrleansTasks.Tests;

namespace OrleansTasks.System.Tests.Workers;

/// <summary>
/// A storage of podman that one test has to itself, so that whatever is in it, or comes from it, is of that test.
/// </summary>
internal sealed class ContainerStorage
{
    private const int IdLength = 64;
    private static readonly string[] RuntimeStates = ["/run/runc", "/run/crun"];
    private readonly string root;
    private readonly (string Name, string Value)[] environment;
    private readonly HashSet<string> ids = [];

    /// <param name="root">The folder for everything of it.</param>
    public ContainerStorage(string root)
    {
        this.root = Directory.CreateDirectory(root).FullName;
        var settings = PodmanSettings.Write(root);
        File.AppendAllText(settings, $"\ntmp_dir = \"{root}/tmp\"\n");
        var storage = Path.Combine(root, "storage.conf");
        File.WriteAllText(storage, $"""
            [storage]
            driver = "overlay"
            graphroot = "{root}/graph"
            runroot = "{root}/run"
            """);
        environment = [("CONTAINERS_CONF", settings), ("CONTAINERS_STORAGE_CONF", storage)];
    }

    /// <summary>The variables with which a worker uses it.</summary>
    public (string Name, string Value)[] Environment => [.. environment, ("OTASK_CONTAINER_ENGINE", "podman")];

    /// <summary>
    /// Notes the ids of the containers that are in it now, by which their control groups can be found later.
    /// </summary>
    public void Note()
    {
        var folder = Path.Combine(root, "graph", "overlay-containers");
        if (!Directory.Exists(folder))
            return;
        foreach (var name in Directory.EnumerateDirectories(folder).Select(static path => Path.GetFileName(path)))
            if (name.Length == IdLength)
                ids.Add(name);
    }

    /// <summary>How many containers were noted.</summary>
    public int Noted => ids.Count;

    /// <summary>What is left of containers: records, mounts, control groups, and states of the runtime.</summary>
    public async Task<List<string>> Left()
    {
        Note();
        List<string> left =
        [
            .. File.ReadLines("/proc/self/mountinfo").Where(line => line.Contains(root + "/", StringComparison.Ordinal))
                .Select(static line => "mount: " + line),
            .. Directory.EnumerateDirectories("/sys/fs/cgroup", "*", Quietly).Where(IsOfContainer)
                .Select(static path => "control group: " + path),
            .. RuntimeStates.Where(Directory.Exists).SelectMany(Directory.EnumerateDirectories).Where(IsOfContainer)
                .Select(static path => "state of the runtime: " + path),
        ];
        if (left.Count > 0)
            return left;
        var records = await Podman("ps", "--all", "--external", "--format={{.ID}} {{.Names}} {{.Status}}");
        left.AddRange(records.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => "record: " + line));
        return left;
    }

    /// <summary>Removes all of its containers.</summary>
    public Task Clear() => Podman("rm", "--all", "--force", "--time=0");

    private static readonly EnumerationOptions Quietly = new() { RecurseSubdirectories = true, IgnoreInaccessible = true };

    private bool IsOfContainer(string path)
    {
        var name = Path.GetFileName(path.AsSpan());
        var id = name[(name.LastIndexOf('-') + 1)..];
        return id.Length == IdLength && ids.GetAlternateLookup<ReadOnlySpan<char>>().Contains(id);
    }

    private async Task<string> Podman(params string[] arguments)
    {
        var found = await Finished.Run("podman", arguments, environment);
        Assert.True(found.ExitCode == 0, found.Errors);
        return found.Output;
    }
}
