using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Processes.Sandbox;

namespace OrleansTasks.Worker.Tests.Processes;

/// <summary>Commands whose folder or program is on a file system that never answers.</summary>
[Collection(nameof(AloneCollection))]
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class HangingFolderTests : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private readonly string root = Directory.CreateTempSubdirectory("otask-hang-").FullName;
    private readonly ProcessHost host;

    public HangingFolderTests() => host = new(new() { WorkFolderRoot = Path.Combine(root, "work"), SpawnThreads = 1 }, TimeProvider.System);

    public async ValueTask DisposeAsync()
    {
        await host.DisposeAsync();
        Directory.Delete(root, recursive: true);
    }

    [Theory]
    [Trait("Needs", "fuse")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Start_FileSystemNeverAnswers_OthersEndAndItCanBeCancelled(bool isItsFolder)
    {
        using var hanging = new HangingFolder();
        var running = host.Start(Shell("sleep 1; sleep 0.1 & exit 3"));
        var stuck = host.Start(isItsFolder
            ? Shell("true") with { WorkingDirectory = hanging.Path }
            : Shell("true") with { Arguments = [Path.Combine(hanging.Path, "program")] });
        var limited = host.Start(Shell("sleep 60") with { Timeout = TimeSpan.FromMilliseconds(200), KillGrace = TimeSpan.Zero });

        Assert.Equal(3, (await running.Completion.WaitAsync(Limit)).ExitCode);
        Assert.Equal(ProcessEndReason.Timeout, (await limited.Completion.WaitAsync(Limit)).Reason);
        Assert.Equal(0, (await host.Start(Shell("true")).Completion.WaitAsync(Limit)).ExitCode);
        Assert.False(stuck.Completion.IsCompleted);

        stuck.Cancel(TimeSpan.FromSeconds(60));

        Assert.Equal(ProcessEndReason.Cancelled, (await stuck.Completion.WaitAsync(Limit)).Reason);
    }

    [Fact]
    [Trait("Needs", "fuse")]
    public async Task Start_FileSystemNeverAnswers_TimesOut()
    {
        using var hanging = new HangingFolder();
        var stuck = host.Start(Shell("true") with { WorkingDirectory = hanging.Path, Timeout = TimeSpan.FromMilliseconds(300) });

        Assert.Equal(ProcessEndReason.Timeout, (await stuck.Completion.WaitAsync(Limit)).Reason);
    }

    [Theory]
    [Trait("Needs", "fuse")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Start_PathOfASandboxNeverAnswers_OthersEndAndItCanBeCancelled(bool isReadOnly)
    {
        await using var sandboxes = new ProcessHost(
            new()
            {
                WorkFolderRoot = Path.Combine(root, "sandboxes"), SpawnThreads = 1,
                SandboxAllow = [Path.GetTempPath().TrimEnd('/')],
            },
            TimeProvider.System);
        Assert.SkipUnless(sandboxes.SandboxRefusal is null, $"no sandbox here: {sandboxes.SandboxRefusal}");
        // Disposed before the host, so that a start which cannot be cancelled ends.
        using var hanging = new HangingFolder();
        string[] path = [hanging.Path];
        var stuck = sandboxes.Start(Shell("true") with
        {
            Sandbox = isReadOnly ? new() { Read = path } : new() { Write = path },
        });

        Assert.Equal(0, (await sandboxes.Start(Shell("sleep 0.5")).Completion.WaitAsync(Limit)).ExitCode);
        Assert.False(stuck.Completion.IsCompleted);

        stuck.Cancel(TimeSpan.FromSeconds(60));

        Assert.Equal(ProcessEndReason.Cancelled, (await stuck.Completion.WaitAsync(Limit)).Reason);
    }

    [Fact]
    [Trait("Needs", "fuse")]
    public void Proof_FileSystemNeverAnswers_SaysSoInTime()
    {
        using var hanging = new HangingFolder();
        using var sandboxes = new SandboxHost([], Path.Combine(hanging.Path, "work"), user: null)
        {
            LongestProof = TimeSpan.FromMilliseconds(300),
        };

        Assert.Equal("the test of a sandbox did not end within 0.3 s; a file system may not answer", sandboxes.Refusal);
    }

    [Fact]
    public async Task Start_FolderOfItsOwnChoice_RunsThere()
    {
        var folder = Directory.CreateDirectory(Path.Combine(root, "chosen")).FullName;
        var outcome = await host.Start(Shell("pwd; exit 4") with { WorkingDirectory = folder }).Completion.WaitAsync(Limit);

        Assert.Equal(4, outcome.ExitCode);
        Assert.Equal(folder + "\n", System.Text.Encoding.UTF8.GetString(outcome.StandardOutput.Head.Span));
        var missing = await host.Start(Shell("true") with { WorkingDirectory = Path.Combine(root, "missing") }).Completion.WaitAsync(Limit);
        Assert.Equal(ProcessEndReason.SpawnFailed, missing.Reason);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Start_NoDescriptorsAreLeft_FailsThatCommandAlone(bool isLimited)
    {
        var slow = Shell("true") with
        {
            WorkingDirectory = root, Limits = isLimited ? new() { CpuTime = TimeSpan.FromSeconds(60) } : null,
        };
        // Loads all code that the failure needs, while files can be opened.
        Assert.Equal(0, (await host.Start(slow).Completion.WaitAsync(Limit)).ExitCode);
        ProcessOutcome outcome;
        using (new NoDescriptors()) outcome = await host.Start(slow).Completion.WaitAsync(Limit);

        Assert.Equal(ProcessEndReason.SpawnFailed, outcome.Reason);
        Assert.Contains("no more threads or open files", outcome.Message, StringComparison.Ordinal);
        Assert.Equal(0, (await host.Start(slow).Completion.WaitAsync(Limit)).ExitCode);
    }

    private static StartRequest Shell(string line) => new() { Arguments = ["/bin/sh", "-c", line] };
}
