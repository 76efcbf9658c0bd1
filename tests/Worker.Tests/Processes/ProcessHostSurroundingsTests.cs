using System.Globalization;
using OrleansTasks.Worker.Processes;

namespace OrleansTasks.Worker.Tests.Processes;

public sealed class ProcessHostSurroundingsTests(HostFixture fixture) : IClassFixture<HostFixture>
{
    [Fact]
    public async Task Environment_IsExactlyWhatWasGiven()
    {
        var outcome = await fixture.RunAsync(HostFixture.Shell("") with
        {
            Arguments = ["env"],
            Environment = new Dictionary<string, string> { ["PATH"] = "/bin", ["Ü"] = "käse=ö 日本", ["EMPTY"] = "" },
        });

        Assert.Equal("PATH=/bin\nÜ=käse=ö 日本\nEMPTY=\n", HostFixture.Text(outcome.StandardOutput));
    }

    [Fact]
    public async Task Arguments_AreExactlyWhatWasGiven()
    {
        var outcome = await fixture.RunAsync(HostFixture.Shell("") with
        {
            Arguments = ["printf", "%s|", "a b", "", "日本", "$HOME", "*"],
        });

        Assert.Equal("a b||日本|$HOME|*|", HostFixture.Text(outcome.StandardOutput));
    }

    [Fact]
    public async Task Descriptors_AreTheThreeStandardOnes()
    {
        var outcome = await fixture.RunAsync(HostFixture.Shell("") with { Arguments = ["ls", "/proc/self/fd"] });

        // The fourth is ls's own, on the folder that it lists.
        Assert.Equal("0\n1\n2\n3\n", HostFixture.Text(outcome.StandardOutput));
    }

    [Fact]
    public async Task Signals_AreAllDefaultAndNoneBlocked()
    {
        var outcome = await fixture.RunAsync("grep -E '^(SigBlk|SigIgn)' /proc/self/status");

        // 32 and 33 are the C library's own, which it leaves ignored in whatever it spawns.
        Assert.Equal(
            "SigBlk:\t0000000000000000\nSigIgn:\t0000000180000000\n", HostFixture.Text(outcome.StandardOutput));
    }

    [Fact]
    public async Task Session_IsTheCommandsOwn()
    {
        var running = fixture.Host.Start(HostFixture.Shell("") with { Arguments = ["cat", "/proc/self/stat"] });
        var outcome = await running.Completion;

        var fields = HostFixture.Text(outcome.StandardOutput).Split(' ');
        var pid = running.ProcessId.ToString(CultureInfo.InvariantCulture);
        Assert.Equal(pid, fields[0]);
        Assert.Equal(pid, fields[4]);
        Assert.Equal(pid, fields[5]);
    }

    [Fact]
    public async Task WorkFolder_IsFreshAndPrivateAndRemovedAfterwards()
    {
        var outcome = await fixture.RunAsync("pwd; ls -A; stat -c %a .; mkdir -p a/b; touch a/b/c; ln -s /etc link");

        var lines = HostFixture.Text(outcome.StandardOutput).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.StartsWith(fixture.Root, lines[0]);
        Assert.Equal("700", lines[1]);
        Assert.False(Path.Exists(lines[0]));
    }

    [Fact]
    public async Task WorkFolder_UsedAgain_ShowsNothingOfTheOneBefore()
    {
        var seen = new HashSet<string>();
        foreach (var line in new[] { "", "chmod 777 .", "touch x", "ls -A" })
        {
            var outcome = await fixture.RunAsync("pwd; stat -c %a .; " + line);
            var lines = HostFixture.Text(outcome.StandardOutput).Split('\n');
            Assert.True(seen.Add(lines[0]), $"{lines[0]} was used twice");
            Assert.Equal(["700", ""], lines[1..]);
            Assert.False(Path.Exists(lines[0]));
        }
    }

    [Fact]
    public async Task WorkFolder_HoldsLinksOutside_LeavesTheirTargets()
    {
        var outside = Path.Combine(fixture.Root, "outside");
        Directory.CreateDirectory(outside);
        await File.WriteAllTextAsync(Path.Combine(outside, "kept"), "x");

        await fixture.RunAsync($"ln -s {outside} link; mkdir d; ln -s {outside}/kept d/link; ln -s ../.. d/up; pwd");

        Assert.True(File.Exists(Path.Combine(outside, "kept")));
    }

    [Fact]
    public async Task WorkFolder_ReplacedByALink_IsRemovedNotFollowed()
    {
        var outside = Path.Combine(fixture.Root, "outside2");
        Directory.CreateDirectory(outside);
        await File.WriteAllTextAsync(Path.Combine(outside, "kept"), "x");

        var outcome = await fixture.RunAsync($"me=$(pwd); rmdir \"$me\"; ln -s {outside} \"$me\"; printf %s \"$me\"");

        Assert.True(File.Exists(Path.Combine(outside, "kept")));
        Assert.False(new FileInfo(HostFixture.Text(outcome.StandardOutput)).Exists);
        Assert.Null(new FileInfo(HostFixture.Text(outcome.StandardOutput)).LinkTarget);
    }

    [Fact]
    public async Task WorkFolder_DeepAndWithoutPermissions_IsRemoved()
    {
        var outcome = await fixture.RunAsync("""
            pwd; i=0; while [ $i -lt 300 ]; do mkdir d; chmod 500 .; cd d; touch f; i=$((i+1)); done; chmod 0 ../../d
            """);

        Assert.False(Path.Exists(HostFixture.Text(outcome.StandardOutput).Trim()));
    }

    [Fact]
    public async Task WorkFolder_LeftByAnEarlierProcess_IsRemovedAtTheStart()
    {
        var root = Directory.CreateTempSubdirectory("otask-left");
        Directory.CreateDirectory(Path.Combine(root.FullName, "attempt-1-1", "inner"));
        Directory.CreateDirectory(Path.Combine(root.FullName, "attempt-1-2"));
        Directory.CreateDirectory(Path.Combine(root.FullName, "not-ours"));

        await using var host = new ProcessHost(new() { WorkFolderRoot = root.FullName }, TimeProvider.System);

        Assert.Equal(["not-ours"], root.GetFileSystemInfos().Select(static entry => entry.Name));
        root.Delete(recursive: true);
    }

    [Fact]
    public async Task WorkFolder_AnotherHostOnTheSameRootComesAndGoes_StaysUsable()
    {
        await fixture.RunAsync("true");
        for (var i = 0; i < 2; i++) await fixture.HostWithoutGroups().DisposeAsync();

        Assert.Equal(0, (await fixture.RunAsync("true")).ExitCode);
    }

    [Fact]
    public async Task WorkFolder_PutAwayAndRemovedByOthers_IsMadeAgain()
    {
        var root = Directory.CreateTempSubdirectory("otask-tidied");
        await using var host = new ProcessHost(new() { WorkFolderRoot = root.FullName }, TimeProvider.System);
        await host.Start(HostFixture.Shell("true")).Completion;
        foreach (var folder in root.GetDirectories()) folder.Delete();

        Assert.Equal(0, (await host.Start(HostFixture.Shell("true")).Completion).ExitCode);
        root.Delete(recursive: true);
    }

    [Fact]
    public async Task WorkFolder_Named_IsUsedAndKept()
    {
        var outcome = await fixture.RunAsync(HostFixture.Shell("pwd") with { WorkingDirectory = fixture.Root });

        Assert.Equal(fixture.Root + "\n", HostFixture.Text(outcome.StandardOutput));
        Assert.True(Directory.Exists(fixture.Root));
    }
}
