using System.Diagnostics;
using System.Runtime.InteropServices;
using OrleansTasks.Worker.Processes.Limits;

namespace OrleansTasks.Worker.Tests.Processes;

/// <summary>
/// What a service manager hands over, as the kernel sees it: groups of version 2 with a process in them, which may hand no
/// controller on. They need the right to make groups and any controller that is with version 2.
/// </summary>
[Trait("Needs", "cgroups-v2")]
[Trait("Needs", "delegation")]
public sealed partial class DelegatedGroupTests : IAsyncLifetime
{
    private readonly string? top = CgroupMounts.OwnUnified();
    private readonly List<Process> processes = [];
    private string controller = "";
    private string group = "";
    private bool isHandedOn;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(top is not null, "no control groups of version 2 here");
        var had = await File.ReadAllTextAsync(Path.Combine(top, "cgroup.subtree_control"));
        controller = (await File.ReadAllTextAsync(Path.Combine(top, "cgroup.controllers"))).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
            .FirstOrDefault(name => CgroupHierarchy.TryWrite(Path.Combine(top, "cgroup.subtree_control"), $"+{name}")) ?? "";
        isHandedOn = !had.Split().Contains(controller);
        Assert.SkipUnless(controller.Length > 0, "no controller of version 2 may be handed on here");
        group = Directory.CreateDirectory(Path.Combine(top, $"otask-test-{Environment.ProcessId}")).FullName;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in processes)
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }

        if (group.Length == 0)
            return;
        Directory.Delete(Path.Combine(group, CgroupDelegation.Below));
        Directory.Delete(group);
        if (isHandedOn)
            CgroupHierarchy.TryWrite(Path.Combine(top!, "cgroup.subtree_control"), $"-{controller}");
    }

    [Theory]
    [InlineData("user.delegate")]
    [InlineData("trusted.delegate")]
    public void TryEnable_GroupWithProcessesWasHandedOver_MovesThemAndHandsTheControllerOn(string mark)
    {
        Assert.Equal(0, setxattr(group, mark, "1"u8.ToArray(), 1, 0));
        int[] inside = [Enter(), Enter()];
        var hierarchy = CgroupHierarchy.TryOpen(group, isUnified: true)!;
        try
        {
            Assert.True(hierarchy.TryEnable(controller));

            Assert.Equal(inside.Order(), Inside(Path.Combine(group, CgroupDelegation.Below)).Order());
            Assert.Contains(controller, File.ReadAllText(Path.Combine(hierarchy.Make("any"), "cgroup.controllers")).Split());
        }
        finally
        {
            hierarchy.Remove();
        }
    }

    [Fact]
    public void TryEnable_GroupWithProcessesIsSomebodyElses_LeavesThemThere()
    {
        Directory.CreateDirectory(Path.Combine(group, CgroupDelegation.Below));
        Assert.Equal(0, setxattr(group, "user.delegate", "0"u8.ToArray(), 1, 0));
        var inside = Enter();
        var hierarchy = CgroupHierarchy.TryOpen(group, isUnified: true)!;
        try
        {
            Assert.False(hierarchy.TryEnable(controller));

            Assert.Equal([inside], Inside(group));
        }
        finally
        {
            hierarchy.Remove();
        }
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setxattr(string path, string name, byte[] value, nuint size, int flags);

    private static int[] Inside(string group) =>
        [.. File.ReadAllLines(Path.Combine(group, "cgroup.procs")).Select(int.Parse)];

    /// <summary>Starts a process and puts it into the group.</summary>
    private int Enter()
    {
        var process = Process.Start("sleep", "600");
        processes.Add(process);
        File.WriteAllText(Path.Combine(group, "cgroup.procs"), $"{process.Id}");
        return process.Id;
    }
}
