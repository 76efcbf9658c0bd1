using System.Reflection;
using System.Reflection.PortableExecutable;
using System.Text.Json;
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
        var folder = Path.GetDirectoryName(BuiltPrograms.AllInOne)!;
        foreach (var name in new[] { "OrleansTasks.Client", "OrleansTasks.Grains", "OrleansTasks.Worker", "Google.Protobuf" })
            Assert.Equal((name, isExpected), (name, HasMachineCode(Path.Combine(folder, name + ".dll"))));
        Assert.Equal(isExpected, HasMachineCode(BuiltPrograms.Worker + ".dll"));
        foreach (var program in new[] { BuiltPrograms.Otask, BuiltPrograms.LoneOtask, BuiltPrograms.OtaskStore })
            Assert.Equal((program, isExpected), (program, HasMachineCode(program + ".dll")));
    }

    /// <summary>
    /// A package's files may be older than the image of the version before: such an image stayed where it was, and the program did not start.
    /// </summary>
    [Fact]
    public void Build_Libraries_HaveTheVersionsOfTheManifest()
    {
        foreach (var program in new[] { BuiltPrograms.AllInOne, BuiltPrograms.Client, BuiltPrograms.Worker, BuiltPrograms.LoneOtask, BuiltPrograms.OtaskStore })
        {
            using var manifest = JsonDocument.Parse(File.ReadAllText(program + ".deps.json"));
            var libraries = manifest.RootElement.GetProperty("targets").EnumerateObject()
                .SelectMany(static target => target.Value.EnumerateObject())
                .SelectMany(static package => package.Value.TryGetProperty("runtime", out var files) ? [.. files.EnumerateObject()] : Array.Empty<JsonProperty>())
                .Where(static file => file.Value.TryGetProperty("assemblyVersion", out _))
                .Select(static file => (Name: Path.GetFileName(file.Name), Version: file.Value.GetProperty("assemblyVersion").GetString()))
                .ToList();
            Assert.NotEmpty(libraries);
            foreach (var (name, version) in libraries)
            {
                var built = AssemblyName.GetAssemblyName(Path.Combine(Path.GetDirectoryName(program)!, name));
                Assert.Equal((program, name, version), (program, name, built.Version!.ToString()));
            }
        }
    }

    private static bool HasMachineCode(string path)
    {
        using var reader = new PEReader(File.OpenRead(path));
        return reader.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size > 0;
    }
}
