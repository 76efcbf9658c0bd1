using System.Diagnostics;
using System.Text.Json;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary>otask is light; for commands that work in a store it continues as otask-store.</summary>
public sealed class StoreProgramTests : DataFolders
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>What a publish of otask contains beside the runtime: neither Orleans nor SQLite nor Npgsql.</summary>
    [Fact]
    public void Otask_BringsTheseLibrariesAlone()
    {
        using var manifest = JsonDocument.Parse(File.ReadAllText(BuiltPrograms.LoneOtask + ".deps.json"));
        var files = manifest.RootElement.GetProperty("targets").EnumerateObject()
            .SelectMany(static target => target.Value.EnumerateObject())
            .SelectMany(static package => new[] { "runtime", "native", "runtimeTargets" }
                .SelectMany(kind => package.Value.TryGetProperty(kind, out var some) ? [.. some.EnumerateObject()] : Array.Empty<JsonProperty>()))
            .Select(static file => Path.GetFileName(file.Name));

        Assert.Equal(
            [
                "OrleansTasks.ApiClient.dll", "OrleansTasks.Processing.dll", "Spectre.Console.Ansi.dll", "Spectre.Console.dll",
                "System.CommandLine.dll", "YamlDotNet.dll", "otask.dll",
            ],
            files.Distinct().Order(StringComparer.Ordinal));
    }

    /// <summary>A publish with the runtime brings whole frameworks.</summary>
    [Fact]
    public void Otask_NeedsDotNetAlone()
    {
        using var options = JsonDocument.Parse(File.ReadAllText(BuiltPrograms.LoneOtask + ".runtimeconfig.json"));
        var framework = options.RootElement.GetProperty("runtimeOptions").GetProperty("framework").GetProperty("name").GetString();

        Assert.Equal("Microsoft.NETCore.App", framework);
    }

    [Theory]
    [InlineData("db", "init")]
    [InlineData("key", "create", "--scope", "read")]
    [InlineData("key", "list")]
    [InlineData("node", "token")]
    [InlineData("cluster", "certificate", "x.pem")]
    public async Task StoreCommand_WithoutOtaskStore_SaysWhatIsMissingAndMakesNothing(params string[] command)
    {
        var ended = await Finished.Run(BuiltPrograms.LoneOtask, [.. command, "--data", Data]);

        Assert.Equal((1, ""), (ended.ExitCode, ended.Output));
        Assert.StartsWith("otask: this command works in the service's store, for which otask needs the program otask-store", ended.Errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Data));
    }

    [Fact]
    public async Task Manual_WithoutOtaskStore_HasItsCommands()
    {
        var lone = await Finished.Run(BuiltPrograms.LoneOtask, "manual");

        Assert.Equal((0, ""), (lone.ExitCode, lone.Errors));
        Assert.Equal((await Otask.Run("manual")).Output, lone.Output);
        Assert.Contains("## otask db restore", lone.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StoreCommand_Arguments_ArriveAsTheyAre()
    {
        const string name = " \"a\"  'b' $c \\d * -e=f \uFFFD ü 😀 e\u0301";
        Assert.Equal(0, (await Finished.Run(BuiltPrograms.Otask, "key", "create", "--scope", "read", "--name", name, "--data", Data)).ExitCode);
        Assert.Equal(0, (await Finished.Run(BuiltPrograms.Otask, "key", "create", "--scope", "read", "--name", "", "--data", Data)).ExitCode);

        var listed = await Finished.Run(BuiltPrograms.Otask, "key", "list", "--data", Data);

        Assert.Equal([name, ""], listed.Output.TrimEnd('\n').Split('\n').Select(static line => line.Split('\t')[1]).OrderDescending(StringComparer.Ordinal));
    }

    [Fact]
    public async Task StoreCommand_ContinuesInTheSameProcess_WhichSignalsReach()
    {
        Assert.Equal(0, (await Otask.Run("db", "init", "--data", Data)).ExitCode);
        // A pipe that nobody fills keeps the copy of the output from its end.
        var pipe = Path.Combine(Data, "output", "pipe");
        Directory.CreateDirectory(Path.GetDirectoryName(pipe)!);
        Assert.Equal(0, (await Finished.Run("mkfifo", pipe)).ExitCode);
        using var otask = Process.Start(new ProcessStartInfo(BuiltPrograms.Otask, ["db", "backup", In("copy"), "--data", Data]))!;
        // Opening a pipe to write waits for its reader.
        await using var writer = await Task.Run(() => new FileStream(pipe, FileMode.Open, FileAccess.Write)).WaitAsync(Limit, TimeProvider.System);

        Assert.Equal(BuiltPrograms.OtaskStore, File.ResolveLinkTarget($"/proc/{otask.Id}/exe", returnFinalTarget: false)!.FullName);
        Assert.DoesNotContain(
            Directory.GetDirectories($"/proc/{otask.Id}/task"), static thread => Signals.IsBlocked(thread, Signals.Interrupt));
        Signals.Send(otask.Id, Signals.Interrupt);
        await otask.WaitForExitAsync().WaitAsync(Limit, TimeProvider.System);

        Assert.Equal(130, otask.ExitCode);
        Assert.False(Directory.Exists(In("copy")));
    }
}
