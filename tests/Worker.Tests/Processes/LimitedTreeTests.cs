using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Processes.Limits;

namespace OrleansTasks.Worker.Tests.Processes;

public sealed class LimitedTreeTests : IDisposable
{
    private const int LongestPath = 4095;
    private readonly string folder = Directory.CreateTempSubdirectory("otask-limited-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Take_GroupIsGone_SaysSo()
    {
        var hierarchy = CgroupHierarchy.TryOpen(folder, isUnified: true)!;
        var root = Assert.Single(Directory.GetDirectories(folder));
        var tree = new LimitedTree(null!, new ProcessLimits { Processes = 5 }, "one", new(Processes: hierarchy));
        Directory.Delete(Path.Combine(root, "one"), recursive: true);

        Assert.Equal($"it cannot enter the control group {root}/one", tree.Take(Environment.ProcessId));
    }

    [Fact]
    public void New_LimitIsRefused_LeavesNoGroup()
    {
        // The group can be made, but the path of the file that takes the limit is too long.
        var own = folder;
        while (own.Length < LongestPath - 280)
            own = Directory.CreateDirectory(Path.Combine(own, new string('g', 200))).FullName;
        var hierarchy = CgroupHierarchy.TryOpen(own, isUnified: true)!;
        var root = Assert.Single(Directory.GetDirectories(own));
        var name = new string('n', LongestPath - root.Length - 6);

        Assert.Throws<IOException>(
            () => new LimitedTree(null!, new ProcessLimits { MemoryBytes = 1 }, name, new(Memory: hierarchy)));

        Assert.Empty(Directory.GetDirectories(root));
    }
}
