using System.Reflection.PortableExecutable;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Lifecycle;

/// <summary>What a Release build does so that programs start fast (build/ReadyToRun.targets).</summary>
public sealed class ReadyToRunTests
{
    [Fact]
    public void Build_Release_HasMachineCodeUnlessItSaysThatItCannot()
    {
        var record = Path.Combine(BuiltPrograms.Repository, "artifacts", "readytorun");
        var isExpected = BuiltPrograms.Flavour == "release" && !File.Exists(record);
        var folder = Path.GetDirectoryName(BuiltPrograms.Client)!;
        foreach (var name in new[] { "OrleansTasks.Client", "OrleansTasks.Grains", "OrleansTasks.Worker", "Google.Protobuf" })
            Assert.Equal((name, isExpected), (name, HasMachineCode(Path.Combine(folder, name + ".dll"))));
        Assert.Equal(isExpected, HasMachineCode(BuiltPrograms.Worker + ".dll"));
        Assert.Equal(isExpected, HasMachineCode(BuiltPrograms.Otask + ".dll"));
    }

    private static bool HasMachineCode(string path)
    {
        using var reader = new PEReader(File.OpenRead(path));
        return reader.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size > 0;
    }
}
