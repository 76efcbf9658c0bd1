using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Processes.Limits;
using OrleansTasks.Worker.Tests.Files;

namespace OrleansTasks.Worker.Tests.Processes;

/// <summary>
/// Limits by control groups of version 2, whose files a folder stands for here: on many machines the controllers of memory and
/// processes are with version 1, and there is no other way to have them. ProcessHostLimitTests go by what the machine has.
/// </summary>
public sealed class UnifiedGroupTests : IAsyncDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("otask-groups-").FullName;
    private readonly string group;
    private readonly ProcessHost host;

    public UnifiedGroupTests()
    {
        group = Directory.CreateDirectory(Path.Combine(folder, "own")).FullName;
        host = new(
            new() { WorkFolderRoot = Path.Combine(folder, "work"), SpawnThreads = 1, UnifiedGroup = group }, TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        await host.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Start_WithLimits_SetsThemInAGroupOfItsOwnWhichItsFirstProcessEnters()
    {
        var running = host.Start(Waiting(new() { MemoryBytes = 40_000_000, Processes = 7 }));
        var made = await Group();

        Assert.Equal(["memoryBytes", "cpuTime", "processes", "openFiles"], host.EnforcedLimits);
        Assert.Equal(
            ("40000000", "0", "1", "7"),
            (Text(made, "memory.max"), Text(made, "memory.swap.max"), Text(made, "memory.oom.group"), Text(made, "pids.max")));
        var entered = Text(made, "cgroup.procs");
        await File.WriteAllTextAsync(Path.Combine(folder, "go"), "");
        Assert.Equal(ProcessEndReason.Exit, (await running.Completion).Reason);
        Assert.Equal($"{running.ProcessId}", entered);
    }

    [Fact]
    public async Task Start_WithAShareOfTheProcessors_SetsItInItsGroup()
    {
        var running = host.Start(Waiting(new() { CpuShares = 3072 }));
        var made = await Group();

        Assert.Equal("300", Text(made, "cpu.weight"));
        Assert.Equal($"{100 * Environment.ProcessorCount}", Text(Path.GetDirectoryName(made)!, "cpu.weight"));
        // The process enters the group before its id is known here.
        var entered = Text(made, "cgroup.procs");
        await File.WriteAllTextAsync(Path.Combine(folder, "go"), "");
        Assert.Equal(ProcessEndReason.Exit, (await running.Completion).Reason);
        Assert.Equal($"{running.ProcessId}", entered);
    }

    [Fact]
    public async Task Start_WithCoresOfItsOwn_SetsThemInItsGroup()
    {
        var last = CoreAffinity.Own()[^1];
        var running = host.Start(Waiting(new() { Cores = [last] }));
        var made = await Group();

        Assert.Equal($"{last}", Text(made, "cpuset.cpus"));
        // The process enters the group before its id is known here.
        var entered = Text(made, "cgroup.procs");
        await File.WriteAllTextAsync(Path.Combine(folder, "go"), "");
        Assert.Equal(ProcessEndReason.Exit, (await running.Completion).Reason);
        Assert.Equal($"{running.ProcessId}", entered);
    }

    [Theory]
    [InlineData("low 0\nhigh 3\nmax 12\noom 1\noom_kill 1\noom_group_kill 1\n", ProcessEndReason.OutOfMemory)]
    [InlineData("oom_kill 2", ProcessEndReason.OutOfMemory)]
    [InlineData("low 0\nhigh 3\nmax 12\noom 1\noom_kill 0\noom_group_kill 1\n", ProcessEndReason.Exit)]
    [InlineData("oom 1\noom_killer 1\n", ProcessEndReason.Exit)]
    [InlineData("", ProcessEndReason.Exit)]
    public async Task Memory_AsTheKernelTellsIt_EndsAsOutOfMemoryWhenItHasKilled(string events, ProcessEndReason expected)
    {
        var running = host.Start(Waiting(new() { MemoryBytes = 40_000_000 }));
        var made = await Group();
        await File.WriteAllTextAsync(Path.Combine(made, "memory.events"), events);

        // A kill is seen while the tree runs, or when it ends.
        await File.WriteAllTextAsync(Path.Combine(folder, "go"), "");

        Assert.Equal(expected, (await running.Completion).Reason);
    }

    [Fact]
    public async Task Memory_KillWhileTheTreeRuns_KillsWhatIsLeftOfIt()
    {
        var running = host.Start(Waiting(new() { MemoryBytes = 40_000_000 }));
        await File.WriteAllTextAsync(Path.Combine(await Group(), "memory.events"), "oom_kill 1\n");

        Assert.Equal(ProcessEndReason.OutOfMemory, (await running.Completion).Reason);
    }

    [Theory]
    [InlineData("1234567\n", 1_234_567)]
    [InlineData("", null)]
    public async Task Memory_PeakAsTheKernelCountsIt_IsTold(string peak, int? expected)
    {
        var running = host.Start(Waiting(new() { MemoryBytes = 40_000_000 }));
        await File.WriteAllTextAsync(Path.Combine(await Group(), "memory.peak"), peak);
        await File.WriteAllTextAsync(Path.Combine(folder, "go"), "");

        Assert.Equal(expected, (await running.Completion).MaxResidentBytes);
    }

    [Fact]
    public async Task CpuTime_AsTheKernelCountsIt_EndsTheTree()
    {
        var running = host.Start(Waiting(new() { CpuTime = TimeSpan.FromSeconds(2) }));
        var made = await Group();
        await File.WriteAllTextAsync(Path.Combine(made, "cpu.stat"), "usage_usec 2000001\nuser_usec 1\nsystem_usec 2000000\n");

        Assert.Equal(ProcessEndReason.CpuTime, (await running.Completion).Reason);
    }

    [Fact]
    public async Task CpuTime_NotUsedUp_ChangesNothing()
    {
        var running = host.Start(Waiting(new() { CpuTime = TimeSpan.FromSeconds(2) }));
        var made = await Group();
        await File.WriteAllTextAsync(Path.Combine(made, "cpu.stat"), "user_usec 9000000\nusage_usec 2000000\n");
        await File.WriteAllTextAsync(Path.Combine(folder, "go"), "");

        Assert.Equal(ProcessEndReason.Exit, (await running.Completion).Reason);
    }

    [Fact]
    public void TryEnable_ControllerIsHandedDown_AsksForItAboveAndBelow()
    {
        var hierarchy = CgroupHierarchy.TryOpen(group, isUnified: true)!;

        Assert.True(hierarchy.TryEnable("memory"));

        Assert.Equal("+memory", Text(group, "cgroup.subtree_control"));
        Assert.Equal("+memory", Text(Path.GetDirectoryName(hierarchy.Make("any"))!, "cgroup.subtree_control"));
    }

    [Fact]
    public void TryEnable_Refused_IsFalse()
    {
        var refusing = Directory.CreateDirectory(Path.Combine(folder, "refusing")).FullName;
        // As little to be written as the file of a group that has processes of its own.
        Directory.CreateDirectory(Path.Combine(refusing, "cgroup.subtree_control"));

        Assert.False(CgroupHierarchy.TryOpen(refusing, isUnified: true)!.TryEnable("memory"));
    }

    [Fact]
    public void TryOpen_PartOfADeadProcess_IsRemoved()
    {
        // No process has a number beyond what the kernel gives out.
        var left = Directory.CreateDirectory(Path.Combine(group, "orleanstasks-2147483647-1", "5")).Parent!.FullName;
        var own = Directory.CreateDirectory(Path.Combine(group, $"orleanstasks-{Environment.ProcessId}-0")).FullName;

        Assert.NotNull(CgroupHierarchy.TryOpen(group, isUnified: true));

        Assert.False(Directory.Exists(left), "It was of a dead process.");
        Assert.True(Directory.Exists(own));
    }

    private static string Text(string place, string file) => File.ReadAllText(Path.Combine(place, file));

    /// <summary>A command that says that it is there, and ends when it may.</summary>
    private StartRequest Waiting(ProcessLimits limits) =>
        HostFixture.Task($"touch {folder}/up; while [ ! -e {folder}/go ]; do sleep 0.05; done") with { Limits = limits };

    /// <summary>The group of the attempt that runs.</summary>
    private async Task<string> Group()
    {
        await WrittenFile.IsThere(Path.Combine(folder, "up"));
        return Directory.GetFiles(group, "cgroup.procs", SearchOption.AllDirectories).Select(static file => Path.GetDirectoryName(file)!).Single();
    }
}
