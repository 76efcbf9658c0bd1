using OrleansTasks.Worker.Resources;

namespace OrleansTasks.Worker.Tests.Resources;

/// <summary>What a machine offers to tasks.</summary>
public sealed class MachineResourcesTests : IDisposable
{
    private const long GiB = 1L << 30;
    private readonly string root = Directory.CreateTempSubdirectory("resources").FullName;

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public void Cpu_NoGroup_IsThatOfTheMachine() => Assert.Equal(4_000, MachineResources.Cpu(4, null));

    [Theory]
    [InlineData("max 100000", 4_000)]
    [InlineData("250000 100000\n", 2_500)]
    [InlineData("10 100000", 1)]
    [InlineData("900000 100000", 4_000)]
    [InlineData("nonsense", 4_000)]
    public void Cpu_WithAQuota_IsThatOfTheGroup(string quota, long expected)
    {
        File.WriteAllText(Path.Combine(root, "cpu.max"), quota);
        Assert.Equal(expected, MachineResources.Cpu(4, root));
    }

    [Fact]
    public void Cpu_QuotaOfAGroupAbove_Counts()
    {
        File.WriteAllText(Path.Combine(root, "cpu.max"), "150000 100000");
        var below = Directory.CreateDirectory(Path.Combine(root, "below")).FullName;
        File.WriteAllText(Path.Combine(below, "cpu.max"), "max 100000");

        Assert.Equal(1_500, MachineResources.Cpu(4, below));
    }

    [Theory]
    [InlineData(64 * GiB, 62 * GiB)]
    [InlineData(16 * GiB, 15 * GiB)]
    [InlineData(GiB / 2, (GiB / 2) - (128 << 20))]
    [InlineData(0, 0)]
    public void Memory_OfTheMachine_LeavesAReserve(long total, long expected) => Assert.Equal(expected, MachineResources.Memory(total, null));

    [Fact]
    public void Memory_WithALimit_IsThatOfTheGroup()
    {
        File.WriteAllText(Path.Combine(root, "memory.max"), $"{16 * GiB}\n");
        Assert.Equal(15 * GiB, MachineResources.Memory(64 * GiB, root));
    }

    [Theory]
    [InlineData(null, new[] { 0, 1, 10 })]
    [InlineData("", new[] { 0, 1, 10 })]
    [InlineData("1, 10", new[] { 1, 10 })]
    [InlineData("7", new int[0])]
    public void Gpus_AreTheFilesOfTheDriver(string? visible, int[] expected)
    {
        foreach (var name in (string[])["nvidia0", "nvidia10", "nvidia1", "nvidiactl", "nvidia-uvm", "null"])
            File.WriteAllText(Path.Combine(root, name), "");

        Assert.Equal(expected, MachineResources.Gpus(root, visible));
    }

    [Fact]
    public void Find_GivenAmounts_ReplaceThoseFound()
    {
        var found = MachineResources.Find(new Dictionary<string, long> { ["gpu"] = 3, ["license"] = 2, ["memory"] = 0 });

        Assert.Equal(["cpu", "gpu", "license"], found.Keys);
        Assert.Equal([0, 1, 2], MachineResources.GpuIndexes(new Dictionary<string, long> { ["gpu"] = 3 }));
    }

    [Theory]
    [InlineData(2_000, new[] { 0, 3 })]
    [InlineData(1_500, new[] { 0, 3 })]
    [InlineData(0, new[] { 0, 3 })]
    [InlineData(2_001, new int[0])]
    [InlineData(64_000, new int[0])]
    public void Cores_OfThoseThatItHas_AreNoneIfItOffersMore(long offered, int[] expected) =>
        Assert.Equal(expected, MachineResources.Cores([0, 3], offered));

    [Fact]
    public void Cores_OfThisMachine_AreAllThatThisProcessMayUse()
    {
        // Not Environment.ProcessorCount, which a quota of the control group lowers.
        var allowed = File.ReadLines("/proc/self/status")
            .First(static line => line.StartsWith("Cpus_allowed_list:", StringComparison.Ordinal)).Split('\t')[1];
        var expected = allowed.Split(',').Select(static range => range.Split('-').Select(int.Parse).ToArray())
            .SelectMany(static range => Enumerable.Range(range[0], range[^1] - range[0] + 1));
        Assert.Equal(expected, MachineResources.Cores(new Dictionary<string, long>()));
        Assert.Empty(MachineResources.Cores(new Dictionary<string, long> { ["cpu"] = 1_000_000 }));
    }

    [Theory]
    [InlineData("cpu=7.5", "cpu", 7_500)]
    [InlineData("memory=60GiB", "memory", 60 * GiB)]
    [InlineData("gpu=0", "gpu", 0)]
    [InlineData("license=3", "license", 3)]
    public void Option_Valid_IsRead(string text, string name, long amount)
    {
        Assert.True(WorkerResource.TryRead(text, out var resource));
        Assert.Equal((name, amount), (resource.Key, resource.Value));
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("=3")]
    [InlineData("GPU=1")]
    [InlineData("license=1.5")]
    [InlineData("license=-1")]
    [InlineData("memory=60GB")]
    [InlineData("pin=1")]
    public void Option_Invalid_IsRefused(string text) => Assert.False(WorkerResource.TryRead(text, out _));
}
