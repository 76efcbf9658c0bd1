using System.Globalization;
using System.Runtime.Versioning;
using System.Text;
using OrleansTasks.Processing.Files;
using OrleansTasks.Processing.Paths;
using OrleansTasks.Worker.Files;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Processes.Users;

namespace OrleansTasks.Worker.Tests.Processes;

/// <summary>Inputs and artifacts of commands that run as another user, which takes root.</summary>
[Collection(nameof(AloneCollection))]
[SupportedOSPlatform("linux")]
public sealed class RunAsFileTests : IAsyncLifetime
{
    private const UnixFileMode OwnersAlone = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private static readonly bool IsRoot = Environment.UserName == "root";

    // Of this process alone, as others may run the same tests.
    private static readonly uint First = 1_500_000_000 + ((uint)Environment.ProcessId * 100);
    private readonly string root = Path.Combine(Path.GetTempPath(), $"otask-run-as-files-{Environment.ProcessId}-{Guid.NewGuid():N}");
    private ProcessHost? host;

    private string Cache => Path.Combine(root, "cache");

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (host is null)
            return;
        await host.DisposeAsync();
        // The umask is the process's.
        await new ProcessHost(new() { WorkFolderRoot = Path.Combine(root, "own") }, TimeProvider.System).DisposeAsync();
        Directory.Delete(root, recursive: true);
    }

    [Theory]
    [Trait("Needs", "root")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Command_HasItsInputsAndLeavesArtifacts(bool hasUserOfItsOwn)
    {
        Assert.SkipUnless(IsRoot, "Only root changes the user.");
        Begin(hasUserOfItsOwn);

        var outcome = await Run(
            $"stat -c '%a %n' lib lib/run lib/plain; [ $(stat -c %u lib/run) = $(id -u) ] && echo own; lib/run; echo more >> lib/plain; "
            + $"cat {Cache}/* 2>/dev/null || echo closed; ln /etc/passwd theirs 2>/dev/null; cp lib/plain kept; chmod 600 kept",
            "kept", "lib/*");

        Assert.Equal((ProcessEndReason.Exit, 0), (outcome.Reason, outcome.ExitCode));
        Assert.Equal("700 lib\n700 lib/run\n600 lib/plain\nown\nran\nclosed\n", Encoding.UTF8.GetString(outcome.StandardOutput.Head.Span));
        using var artifacts = outcome.Artifacts!;
        Assert.Equal(["kept", "lib/plain", "lib/run"], artifacts.Files.Select(static file => file.Path));
        Assert.Equal(FileName.Of("plain\nmore\n"u8), artifacts.Files[0].Name);
        Assert.Equal([false, false, true], artifacts.Files.Select(static file => file.IsExecutable));
        // What the task wrote did not reach the cache.
        Assert.Equal("plain\n", await File.ReadAllTextAsync(Path.Combine(Cache, "lib-plain"), TestContext.Current.CancellationToken));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(root, "work")).SelectMany(Directory.EnumerateFileSystemEntries));
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task Commands_ManyAfterEachOther_GiveTheirUsersBack()
    {
        Assert.SkipUnless(IsRoot, "Only root changes the user.");
        Begin(hasUserOfItsOwn: true);

        for (var i = 0; i < 12; i++)
        {
            var outcome = await Run("cat lib/plain > out", "out");
            Assert.True(outcome.Reason == ProcessEndReason.Exit, outcome.Message);
            Assert.Single(outcome.Artifacts!.Files);
            outcome.Artifacts.Dispose();
        }
    }

    private void Begin(bool hasUserOfItsOwn)
    {
        Directory.CreateDirectory(root);
        var user = hasUserOfItsOwn ? RunAsUser.FindRange(string.Create(CultureInfo.InvariantCulture, $"{First}-{First + 4}")) : RunAsUser.Find("nobody");
        user.OpenWay(Path.Combine(root, "work"), root);
        Directory.CreateDirectory(Cache, OwnersAlone);
        host = new(new() { WorkFolderRoot = Path.Combine(root, "work"), SpawnThreads = 2, RunAs = user }, TimeProvider.System);
    }

    private Task<ProcessOutcome> Run(string line, params string[] patterns)
    {
        var files = new AttemptFiles(
            [Input("lib/run", "#!/bin/sh\necho ran\n", isExecutable: true), Input("lib/plain", "plain\n", isExecutable: false)],
            [.. patterns.Select(static pattern => new ArtifactRule(PathPattern.Parse(pattern, out _)!, IsOptional: false, OnEnded: false))],
            1_000_000, Cache);
        return host!.Start(HostFixture.Shell(line) with { Files = files, Environment = HostFixture.CleanEnvironment }).Completion;
    }

    private (WorkerInput Input, CachedFile File) Input(string path, string content, bool isExecutable)
    {
        var cached = Path.Combine(Cache, path.Replace('/', '-'));
        File.WriteAllText(cached, content);
        var bytes = Encoding.UTF8.GetBytes(content);
        return (new(path, FileName.Of(bytes), bytes.Length, isExecutable), new CachedFile(cached, bytes.Length, static () => { }));
    }
}
