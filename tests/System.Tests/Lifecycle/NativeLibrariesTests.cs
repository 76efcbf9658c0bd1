using System.Text.Json;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Lifecycle;

/// <summary>
/// Lists every package from which a program ships machine code that its vendor compiled. An audit finds nothing where the package source knows
/// no advisories, so look up the advisories of a version before you enter it here.
/// </summary>
public sealed class NativeLibrariesTests
{
    private static readonly string[] Known =
    [
        // SQLite 3.53.4. Versions before 3.51.3 can corrupt a database: see SqliteLibrary.OldestSafe.
        "SourceGear.sqlite3/3.53.4",
    ];

    [Fact]
    public void Service_NativeLibraries_AreTheKnownVersions() => Assert.Equal(Known, Packages(BuiltPrograms.AllInOne));

    [Fact]
    public void Gateway_HasNoNativeLibraries() => Assert.Empty(Packages(BuiltPrograms.Client));

    [Fact]
    public void OtaskStore_NativeLibraries_AreTheKnownVersions() => Assert.Equal(Known, Packages(BuiltPrograms.OtaskStore));

    [Fact]
    public void Otask_HasNoNativeLibraries() => Assert.Empty(Packages(BuiltPrograms.LoneOtask));

    [Fact]
    public void Worker_HasNoNativeLibraries() => Assert.Empty(Packages(BuiltPrograms.Worker));

    private static IEnumerable<string> Packages(string program)
    {
        using var manifest = JsonDocument.Parse(File.ReadAllText(program + ".deps.json"));
        return [.. manifest.RootElement.GetProperty("targets").EnumerateObject()
            .SelectMany(static target => target.Value.EnumerateObject())
            .Where(static package => HasNativeLibrary(package.Value))
            .Select(static package => package.Name)
            .Order(StringComparer.Ordinal)];
    }

    // A program for any system lists libraries by runtime identifier, a program for one system in a group of their own.
    private static bool HasNativeLibrary(JsonElement package) =>
        package.TryGetProperty("native", out _)
        || (package.TryGetProperty("runtimeTargets", out var files)
            && files.EnumerateObject().Any(static file => file.Value.GetProperty("assetType").GetString() == "native"));
}
