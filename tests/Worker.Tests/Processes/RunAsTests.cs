using System.Globalization;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Processes.Users;

namespace OrleansTasks.Worker.Tests.Processes;

/// <summary>Commands as another user, which takes root: without it these do not run, and the refusal is tested instead.</summary>
[Collection(nameof(AloneCollection))]
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class RunAsTests : IAsyncLifetime
{
    private static readonly bool IsRoot = Environment.UserName == "root";
    private readonly string root = Path.Combine(Path.GetTempPath(), $"otask-run-as-{Environment.ProcessId}-{Guid.NewGuid():N}");
    private ProcessHost host = null!;
    private RunAsUser user = null!;

    public ValueTask InitializeAsync()
    {
        if (!IsRoot) return ValueTask.CompletedTask;
        user = RunAsUser.Find("nobody");
        Directory.CreateDirectory(root);
        user.OpenWay(Path.Combine(root, "work"), root);
        host = new(new() { WorkFolderRoot = Path.Combine(root, "work"), SpawnThreads = 2, RunAs = user }, TimeProvider.System);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        if (host is null) return;
        await host.DisposeAsync();
        // The umask is the process's.
        await new ProcessHost(new() { WorkFolderRoot = Path.Combine(root, "own") }, TimeProvider.System).DisposeAsync();
        Directory.Delete(root, recursive: true);
    }

    [Fact]
    public void Find_NotRoot_IsRefused()
    {
        if (IsRoot) return;

        var refusal = Assert.Throws<RunAsException>(static () => RunAsUser.Find("nobody"));

        Assert.StartsWith("--run-as requires root", refusal.Message);
    }

    [Fact]
    [Trait("Needs", "root")]
    public void Find_NoSuchUser_IsRefused()
    {
        SkipUnlessRoot();

        Assert.Contains("Invalid value 'no-such-user' for --run-as", Assert.Throws<RunAsException>(static () => RunAsUser.Find("no-such-user")).Message);
        Assert.Throws<RunAsException>(static () => RunAsUser.Find("4242424242"));
    }

    [Fact]
    [Trait("Needs", "root")]
    public void Find_ByNumber_IsTheSameUser()
    {
        SkipUnlessRoot();

        var found = RunAsUser.Find(user.Uid.ToString(CultureInfo.InvariantCulture));

        Assert.Equal((user.Name, user.Uid, user.Gid, user.Home), (found.Name, found.Uid, found.Gid, found.Home));
        Assert.NotEqual(0u, found.Uid);
    }

    [Fact]
    [Trait("Needs", "root")]
    public void OpenWay_ParentIsClosed_IsRefused()
    {
        SkipUnlessRoot();
        var closed = Path.Combine(root, "closed");
        Directory.CreateDirectory(closed, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        var refusal = Assert.Throws<RunAsException>(() => user.OpenWay(Path.Combine(closed, "data", "work")));

        Assert.Contains("cannot enter", refusal.Message);
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task Command_HasTheUsersIdsAndNoPrivilege()
    {
        SkipUnlessRoot();

        var (output, _) = await RunAsync("id -u; id -ru; id -g; id -rg; id -G; grep -E '^Cap(Inh|Prm|Eff|Amb)' /proc/self/status | sort -u -k2");

        var groups = string.Join(' ', user.Groups);
        Assert.Equal($"{user.Uid}\n{user.Uid}\n{user.Gid}\n{user.Gid}\n{groups}\nCapInh:\t0000000000000000\n", output);
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task Command_CannotGainPrivilege()
    {
        SkipUnlessRoot();
        // A setuid program of root's, as sudo and mount are.
        var program = Path.Combine(root, "who");
        File.Copy("/usr/bin/id", program);
        File.SetUnixFileMode(program, UnixFileMode.SetUser | UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);

        var (output, _) = await RunAsync($"{program} -u; grep -E '^(NoNewPrivs|CapBnd)' /proc/self/status | sort");

        Assert.Equal($"{user.Uid}\nCapBnd:\t0000000000000000\nNoNewPrivs:\t1\n", output);
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task WorkFolder_IsTheUsersAndPrivate()
    {
        SkipUnlessRoot();

        var (output, _) = await RunAsync("stat -c '%u %g %a' .; umask; touch file; mkdir folder; stat -c '%u %a' file folder; cd \"$PWD\" && echo in");

        Assert.Equal($"{user.Uid} {user.Gid} 700\n0027\n{user.Uid} 640\n{user.Uid} 750\nin\n", output);
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task Result_IsReadWithTheUsersRights()
    {
        SkipUnlessRoot();

        var good = await EndAsync("stat -c '%u %a' ${TASK_RESULT%/*}; echo '[1]' > $TASK_RESULT");
        var inputs = await EndAsync("stat -c '%u %a' $TASK_INPUTS; cat $TASK_INPUTS");
        var closed = await EndAsync("echo '[1]' > $TASK_RESULT; chmod 0 $TASK_RESULT");

        Assert.Equal(($"{user.Uid} 700\n", "[1]\n"), (HostFixture.Text(good.StandardOutput), System.Text.Encoding.UTF8.GetString(good.Result.Span)));
        Assert.Equal($"{user.Uid} 600\n{{}}", HostFixture.Text(inputs.StandardOutput));
        Assert.Equal((ProcessEndReason.BadResult, "The result cannot be read: Permission denied."), (closed.Reason, closed.Message));

        Task<ProcessOutcome> EndAsync(string line) =>
            host.Start(Task(line) with { TakesResult = true, Inputs = "{}"u8.ToArray() }).Completion.WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task Descriptors_AreTheThreeStandardOnesAndCanBeOpenedAnew()
    {
        SkipUnlessRoot();

        var (output, errors) = await RunAsync("ls /proc/self/fd; echo out >/dev/stdout; echo err >/dev/stderr; cat /dev/stdin");

        Assert.Equal("0\n1\n2\n3\nout\n", output);
        Assert.Equal("err\n", errors);
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task Agent_CannotBeSignalledOrRead()
    {
        SkipUnlessRoot();

        var (output, _) = await RunAsync(
            "for t in /proc/$PPID/task/*; do kill -0 ${t##*/} 2>/dev/null && echo signalled; done; cat /proc/$PPID/environ 2>/dev/null && echo read; echo end");

        Assert.Equal("end\n", output);
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task Loader_IsNotSteeredWhileItIsRoot()
    {
        SkipUnlessRoot();
        var request = Task("echo $LD_DEBUG \"$TMPDIR\"; stat -c %u trace.*") with
        {
            Environment = new Dictionary<string, string>(HostFixture.CleanEnvironment)
            {
                ["LD_DEBUG"] = "libs", ["LD_DEBUG_OUTPUT"] = "trace", ["TMPDIR"] = "a b\nc", ["BASH_ENV"] = "/nonexistent",
            },
            Limits = new() { OpenFiles = 64 },
        };

        var outcome = await host.Start(request).Completion.WaitAsync(TimeSpan.FromSeconds(60));

        var lines = HostFixture.Text(outcome.StandardOutput).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["libs a b", "c"], lines[..2]);
        // Every process that the loader was made to write for was the user's already.
        Assert.NotEmpty(lines[2..]);
        Assert.All(lines[2..], owner => Assert.Equal(user.Uid.ToString(CultureInfo.InvariantCulture), owner));
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task Environment_IsExactlyWhatWasGiven()
    {
        SkipUnlessRoot();

        var outcome = await host.Start(Task("") with
        {
            Arguments = ["env"],
            Environment = new Dictionary<string, string> { ["PATH"] = "/bin:/usr/bin", ["EMPTY"] = "", ["A"] = "b=c d" },
        }).Completion;

        Assert.Equal("PATH=/bin:/usr/bin\nEMPTY=\nA=b=c d\n", HostFixture.Text(outcome.StandardOutput));
    }

    [Theory]
    [Trait("Needs", "root")]
    [InlineData("no-such-program", "cannot start 'no-such-program': No such file or directory")]
    [InlineData("/etc/shadow", "cannot start '/etc/shadow': Permission denied")]
    public async Task Program_CannotBeRun_IsAFailureToStart(string program, string message)
    {
        SkipUnlessRoot();

        var outcome = await host.Start(Task("") with { Arguments = [program] }).Completion;

        Assert.Equal((ProcessEndReason.SpawnFailed, message), (outcome.Reason, outcome.Message));
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task Program_IsRootsAlone_IsAFailureToStart()
    {
        SkipUnlessRoot();
        var program = Path.Combine(root, "program");
        await File.WriteAllTextAsync(program, "#!/bin/sh\n", TestContext.Current.CancellationToken);
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        var outcome = await host.Start(Task("") with { Arguments = [program] }).Completion;

        Assert.Equal((ProcessEndReason.SpawnFailed, $"cannot start '{program}': Permission denied"), (outcome.Reason, outcome.Message));
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task Folder_IsClosedToTheUser_IsAFailureToStart()
    {
        SkipUnlessRoot();
        var closed = Path.Combine(root, "closed");
        Directory.CreateDirectory(closed, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        var outcome = await host.Start(Task("true") with { WorkingDirectory = closed }).Completion;

        Assert.Equal((ProcessEndReason.SpawnFailed, $"cannot start in the folder '{closed}' as 'nobody': Permission denied"),
            (outcome.Reason, outcome.Message));
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task Limits_HoldForTheUserToo()
    {
        SkipUnlessRoot();

        var outcome = await host.Start(Task("id -u; ulimit -n; (sleep 600 &); head -c 300000000 /dev/zero | tail -c 200000000") with
        {
            Limits = new() { OpenFiles = 64, MemoryBytes = 40_000_000 },
        }).Completion;

        Assert.Equal(ProcessEndReason.OutOfMemory, outcome.Reason);
        Assert.Equal($"{user.Uid}\n64\n", HostFixture.Text(outcome.StandardOutput)[..$"{user.Uid}\n64\n".Length]);
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task Tree_OfTheUser_IsKilledWhole()
    {
        SkipUnlessRoot();

        var (output, _) = await RunAsync("setsid -f sh -c 'echo $$; : >up; exec sleep 600'; until [ -e up ]; do sleep 0.01; done");

        Assert.False(Directory.Exists($"/proc/{output.Trim()}"), $"process {output} is still there");
    }

    [Theory]
    [Trait("Needs", "root")]
    [MemberData(nameof(OddPrograms.Names), MemberType = typeof(OddPrograms))]
    public async Task Program_OfAnyKind_EndsAsWithoutAnotherUser(string kind)
    {
        SkipUnlessRoot();
        await using var own = new ProcessHost(new() { WorkFolderRoot = Path.Combine(root, "own"), SpawnThreads = 1 }, TimeProvider.System);
        var request = OddPrograms.Make(root, kind);

        var expected = OddPrograms.Tell(await own.Start(request).Completion.WaitAsync(TimeSpan.FromSeconds(60)));
        var seen = OddPrograms.Tell(await host.Start(request).Completion.WaitAsync(TimeSpan.FromSeconds(60)));
        var limited = OddPrograms.Tell(await host.Start(request with { Limits = new() { OpenFiles = 100 } }).Completion.WaitAsync(TimeSpan.FromSeconds(60)));

        Assert.Equal((expected, expected), (seen, limited));
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task Environment_OfEveryKind_IsAsGiven()
    {
        SkipUnlessRoot();

        var outcome = await host.Start(Task("") with { Arguments = ["env", "-0"], Environment = OddPrograms.Variables }).Completion;

        Assert.Equal(OddPrograms.Variables.Select(static one => $"{one.Key}={one.Value}").Order(StringComparer.Ordinal),
            HostFixture.Text(outcome.StandardOutput).Split('\0')[..^1].Order(StringComparer.Ordinal));
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task Program_EqualsSignInItsNameAndAVariableThatSteers_IsStarted()
    {
        SkipUnlessRoot();
        var request = OddPrograms.Make(root, "equals=sign");

        var outcome = await host.Start(request with { Environment = [.. request.Environment, new("LD_X", "y")] }).Completion;

        Assert.Equal(("ran a\n", ""), (HostFixture.Text(outcome.StandardOutput), HostFixture.Text(outcome.StandardError)));
    }

    [Fact]
    public async Task Umask_WithoutAnotherUser_Is022()
    {
        await using var own = new ProcessHost(new() { WorkFolderRoot = Path.Combine(root, "own"), SpawnThreads = 1 }, TimeProvider.System);

        var outcome = await own.Start(Task("umask")).Completion;

        Assert.Equal("0022\n", HostFixture.Text(outcome.StandardOutput));
    }

    private static void SkipUnlessRoot() => Assert.SkipUnless(IsRoot, "needs root");

    private static StartRequest Task(string line) => new()
    {
        Arguments = ["/bin/sh", "-c", line],
        Environment = HostFixture.CleanEnvironment,
    };

    private async Task<(string Output, string Errors)> RunAsync(string line)
    {
        var outcome = await host.Start(Task(line)).Completion.WaitAsync(TimeSpan.FromSeconds(60));
        return (HostFixture.Text(outcome.StandardOutput), HostFixture.Text(outcome.StandardError));
    }
}
