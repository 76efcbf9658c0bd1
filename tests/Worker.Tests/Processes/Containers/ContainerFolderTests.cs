using Microsoft.Extensions.Logging;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Processes.Containers;
using OrleansTasks.Worker.Processes.Interop;
using OrleansTasks.Worker.Processes.Limits;
using OrleansTasks.Worker.Processes.Sandbox;

namespace OrleansTasks.Worker.Tests.Processes.Containers;

/// <summary>
/// Folders that a worker which is not root lets podman remove. A script is in podman's place, and the worker believes
/// that it is not root.
/// </summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class ContainerFolderTests(HostFixture fixture) : IClassFixture<HostFixture>, IDisposable
{
    private const uint Nobody = 65_534;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);
    private readonly string root = Directory.CreateTempSubdirectory("otask-container-folders-").FullName;

    private string Work => Path.Combine(root, "work");

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public async Task RemoveFolder_EngineTakesLong_HoldsNoThread()
    {
        var (left, go) = (Path.Combine(root, "left"), Path.Combine(root, "go"));
        Directory.CreateDirectory(Path.Combine(left, "inner"));
        using var folders = new WorkFolders(Work, keepsSpares: true);
        var containers = ContainersOf(folders, $"until [ -e {go} ]; do sleep 0.02; done; exec rm -rf \"$4\"", static (_, _) => { });

        var removal = containers.RemoveFolderAsync(left);

        // A call that waits for the engine would never get here.
        Assert.False(removal.IsCompleted);
        File.WriteAllText(go, "");
        Assert.True(await removal.WaitAsync(Limit, TestContext.Current.CancellationToken));
        Assert.False(Directory.Exists(left));
    }

    [Theory]
    [Trait("Needs", "root")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Prove_FolderOfAnEarlierRunIsLeft_IsLoggedOnlyIfTheEngineCannotRemoveIt(bool isRemoved)
    {
        Assert.SkipWhen(Libc.geteuid() != 0, "Only root makes folders of others.");
        var left = Path.Combine(Work, "attempt-1-1");
        FillForSeveralUsers(left);
        using var folders = new WorkFolders(Work, keepsSpares: true);
        var log = new Lines();
        HostParts? parts = null;
        var containers = ContainersOf(
            folders, isRemoved ? "exec rm -rf \"$4\"" : "echo 'no rights' >&2; exit 1", (folder, reason) => parts!.FolderLeft(folder, reason));
        using var limits = new LimitEnforcer(TimeProvider.System, useControlGroups: false, unifiedGroup: null);
        using var sandboxes = new SandboxHost([], Work, user: null);
        parts = new(TimeProvider.System, user: null, folders, limits, sandboxes, containers, log);

        parts.HandleLeftFolders();

        Assert.Equal(left, Assert.Single(folders.Left).Folder);
        Assert.Empty(log.All);

        var refusal = await containers.ProveAsync(static (_, _) => throw new InvalidOperationException("There is no image."))
            .WaitAsync(Limit, TestContext.Current.CancellationToken);

        Assert.Equal("podman cannot make an image: not here", refusal);
        Assert.Equal(isRemoved, !Directory.Exists(left));
        string[] expected = isRemoved
            ? []
            : [$"Could not remove the working folder {left}: no rights. The worker tries again at its next start."];
        Assert.Equal(expected, log.All);
    }

    private static void FillForSeveralUsers(string folder)
    {
        var inner = Directory.CreateDirectory(Path.Combine(folder, "of-another")).FullName;
        File.WriteAllText(Path.Combine(inner, "file"), "");
        Assert.Equal(0, Libc.chown(folder, Nobody, Nobody));
        Assert.Equal(0, Libc.chown(inner, Nobody - 1, Nobody - 1));
    }

    /// <summary>Containers of a podman that can only remove folders, which the script does: the fourth argument.</summary>
    private ContainerHost ContainersOf(WorkFolders folders, string script, Action<string, string> folderLeft)
    {
        var bin = Directory.CreateDirectory(Path.Combine(root, "bin")).FullName;
        var program = Path.Combine(bin, "podman");
        File.WriteAllText(program, $"#!/bin/sh\n[ \"$1\" = unshare ] || {{ echo 'not here' >&2; exit 1; }}\n{script}\n");
        File.SetUnixFileMode(program, (UnixFileMode)0x1ED); // Mode 0755
        var path = Environment.GetEnvironmentVariable("PATH");
        Environment.SetEnvironmentVariable("PATH", $"{bin}:{path}");
        try
        {
            var calls = new EngineCalls(fixture.Host.Start, fixture.Host.Start);
            return new(EngineChoice.Podman, [], Work, folders, calls, folderLeft, isRoot: false);
        }
        finally
        {
            Environment.SetEnvironmentVariable("PATH", path);
        }
    }

    private sealed class Lines : ILogger
    {
        private readonly List<string> all = [];

        public IReadOnlyList<string> All
        {
            get
            {
                lock (all) return [.. all];
            }
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId id, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (all) all.Add(formatter(state, exception));
        }
    }
}
