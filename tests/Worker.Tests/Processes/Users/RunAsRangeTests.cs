using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using OrleansTasks.Worker.Files;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Processes.Interop;
using OrleansTasks.Worker.Processes.Users;

namespace OrleansTasks.Worker.Tests.Processes.Users;

/// <summary>Commands with a user each, which takes root: without it these are skipped.</summary>
[Collection(nameof(AloneCollection))]
[SupportedOSPlatform("linux")]
public sealed class RunAsRangeTests : IAsyncLifetime
{
    private const int Numbers = 4;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly bool IsRoot = Environment.UserName == "root";

    // Of this process alone, as others may run the same tests.
    private static readonly uint First = 1_100_000_000 + ((uint)Environment.ProcessId * 100);
    private readonly string root = Path.Combine(Path.GetTempPath(), $"otask-range-{Environment.ProcessId}-{Guid.NewGuid():N}");
    private RunAsUser users = null!;
    private ProcessHost host = null!;

    private string Work => Path.Combine(root, "work");

    /// <summary>A folder in which all users may meet.</summary>
    private string Meet => Path.Combine(root, "meet");

    public ValueTask InitializeAsync()
    {
        if (!IsRoot) return ValueTask.CompletedTask;
        // The first number is the reader's, the user that opens jobs' files; tasks get the numbers after it.
        users = RunAsUser.FindRange($"{First}-{First + Numbers}");
        Directory.CreateDirectory(root);
        users.OpenWay(Work, root);
        host = NewHost();
        Directory.CreateDirectory(Meet);
        File.SetUnixFileMode(Meet, (UnixFileMode)0x1FF); // 0777
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        if (host is null) return;
        await host.DisposeAsync();
        // A host with RunAs has set this process's umask; one without sets it back.
        await new ProcessHost(new() { WorkFolderRoot = Path.Combine(root, "own") }, TimeProvider.System).DisposeAsync();
        Directory.Delete(root, recursive: true);
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task Commands_AtOnce_HaveAUserEach()
    {
        SkipUnlessRoot();
        const string Line = "id -u; id -g; id -G; stat -c '%u %g %a' .; touch file; stat -c '%u %a' file; "
            + "[ \"$HOME\" = \"$PWD\" ] && echo home; grep -E '^(NoNewPrivs|CapBnd|CapPrm)' /proc/self/status | sort; ";

        var first = host.Start(Task($"{Line} : >{Meet}/a; until [ -e {Meet}/b ]; do sleep 0.01; done"));
        var second = host.Start(Task($"{Line} : >{Meet}/b; until [ -e {Meet}/a ]; do sleep 0.01; done"));

        var (one, other) = (await OutputOf(first), await OutputOf(second));
        uint[] numbers = [.. new[] { one, other }.Select(static output => uint.Parse(output.Split('\n')[0], CultureInfo.InvariantCulture))];
        Assert.NotEqual(numbers[0], numbers[1]);
        foreach (var (output, number) in new[] { (one, numbers[0]), (other, numbers[1]) })
        {
            Assert.InRange(number, First + 1, First + Numbers);
            Assert.Equal($"{number}\n{number}\n{number}\n{number} {number} 700\n{number} 640\nhome\n"
                + "CapBnd:\t0000000000000000\nCapPrm:\t0000000000000000\nNoNewPrivs:\t1\n", output);
        }
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task Command_CannotReadSignalOrEnterAnother()
    {
        SkipUnlessRoot();
        // The victim opens all that it may open by itself, and says where it is.
        var victim = host.Start(Task($"umask 0; echo mine >kept; echo $$ $PWD >{Meet}/new; mv {Meet}/new {Meet}/victim; "
            + $"until [ -e {Meet}/over ]; do sleep 0.01; done; ls; cat kept") with
        {
            Environment = [.. HostFixture.CleanEnvironment, new("SECRET", "of the victim")],
        });

        var attacker = await OutputOf(host.Start(Task("") with
        {
            Arguments = ["/bin/bash", "-c", $"exec 2>&1; until [ -e {Meet}/victim ]; do sleep 0.01; done; read pid folder <{Meet}/victim; "
                + "for file in environ mem fd/0 cwd/kept; do cat /proc/$pid/$file; done; ls /proc/$pid/cwd/; kill -9 $pid; kill -9 -- -$pid; "
                + $"ls $folder; cat $folder/kept; touch $folder/planted; cd $folder && pwd; : >{Meet}/over"],
        }));

        var refusals = attacker.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(11, refusals.Length);
        Assert.All(refusals, static line => Assert.Matches("Permission denied|not permitted", line));
        Assert.Equal("kept\nmine\n", await OutputOf(victim));
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task Commands_InARow_GetTheNumberThatCameBackFirst()
    {
        SkipUnlessRoot();
        var seen = new List<uint>();

        for (var i = 0; i < 3 * Numbers; i++) seen.Add(await UserOf(host.Start(Task("id -u; touch left"))));

        Assert.Equal(Enumerable.Range(0, 3 * Numbers).Select(static place => First + 1 + (uint)(place % Numbers)), seen);
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task Command_NoNumberIsFree_IsPutBackAndTheNextOneRuns()
    {
        SkipUnlessRoot();
        var running = await StartAll();

        var outcome = await host.Start(Task("true")).Completion.WaitAsync(Patience);

        Assert.Equal((ProcessEndReason.Killed, (int?)null, $"no number of --run-as-range is free: commands hold {Numbers}, and 0 are set aside"),
            (outcome.Reason, outcome.ExitCode, outcome.Message));
        running[0].KillNow();
        await running[0].Completion;
        Assert.Equal(0, (await host.Start(Task("true")).Completion).ExitCode);
        foreach (var process in running) process.KillNow();
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task Number_AnotherProcessHasIt_IsNotGivenOut()
    {
        SkipUnlessRoot();
        using var other = Process.Start(new ProcessStartInfo(users.Changer,
            [$"--reuid={First + 1}", $"--regid={First + 1}", "--clear-groups", "sh", "-c", "echo up; exec sleep 600"])
        {
            RedirectStandardOutput = true,
        })!;
        try
        {
            Assert.Equal("up", await other.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
            Assert.Equal(First + 1, ProcessUser.Of(other.Id));

            Assert.Equal(First + 2, await UserOf(host.Start(Task("id -u"))));
        }
        finally
        {
            other.Kill();
            await other.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
        Assert.False(ProcessUser.HasAny(First + 1));
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task Number_WhoseFolderCouldNotBeRemoved_IsGivenOutAndARestartRemovesTheFolder()
    {
        SkipUnlessRoot();
        var sink = new CollectingSink();
        var task = host.Start(Task($"echo $PWD; id -u; until [ -e {Meet}/over ]; do sleep 0.01; done") with { Output = sink });
        await sink.SeesAsync($"\n{First + 1}\n");
        var folder = sink.OutputText.Split('\n')[0];
        // As another task can leave it there, when this one lets it.
        Directory.CreateDirectory($"{folder}/others");
        await File.WriteAllTextAsync($"{folder}/others/file", "", TestContext.Current.CancellationToken);
        Assert.Equal(0, Libc.chown($"{folder}/others", First + 2, First + 2));
        await File.WriteAllTextAsync($"{Meet}/over", "", TestContext.Current.CancellationToken);

        await task.Completion;

        Assert.True(File.Exists($"{folder}/others/file"));
        Assert.Equal("0 700\n", await StatOf(folder));
        foreach (var process in await StartAll()) process.KillNow();
        await host.DisposeAsync();
        host = NewHost();
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task Process_WithoutAnyMark_IsFoundByItsUserThoughAnotherCommandRuns()
    {
        SkipUnlessRoot();
        var sink = new CollectingSink();
        var other = host.Start(Task("echo up; exec sleep 600") with { Output = sink });
        await sink.SeesAsync("up\n");

        // Takes off what marks a process as the attempt's: its session, environment and timer slack.
        var hidden = await OutputOf(host.Start(Task(
            "setsid -f env -i /bin/sh -c 'echo 50000 >/proc/self/timerslack_ns; echo $$; : >up; exec sleep 600'; until [ -e up ]; do sleep 0.01; done")));

        Assert.False(Directory.Exists($"/proc/{hidden.Trim()}"), $"process {hidden} is still there");
        Assert.False(other.Completion.IsCompleted);
        other.KillNow();
    }

    [Fact]
    [Trait("Needs", "root")]
    [Trait("Needs", "keyrings")]
    public async Task Keyring_OfTheSession_IsEachCommandsOwn()
    {
        SkipUnlessRoot();
        Assert.SkipUnless(File.Exists("/proc/keys") && await CanMakeKeyrings(), "needs the system call keyctl");
        const string Line = "grep -E ' _ses(:|$)' /proc/keys | cut -d' ' -f1;";

        var first = host.Start(Task($"{Line} : >{Meet}/a; until [ -e {Meet}/b ]; do sleep 0.01; done"));
        var second = host.Start(Task($"{Line} : >{Meet}/b; until [ -e {Meet}/a ]; do sleep 0.01; done"));

        var (one, other) = (await OutputOf(first), await OutputOf(second));
        Assert.Matches("^[0-9a-f]+\n$", one);
        Assert.Matches("^[0-9a-f]+\n$", other);
        Assert.NotEqual(one, other);
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
    public async Task Limits_HoldForAUserOfOneTaskToo()
    {
        SkipUnlessRoot();

        var outcome = await host.Start(Task("id -u; ulimit -n; echo $LD_LATER") with
        {
            Environment = [.. HostFixture.CleanEnvironment, new("LD_LATER", "kept")], Limits = new() { OpenFiles = 64 },
        }).Completion;

        Assert.Equal($"{First + 1}\n64\nkept\n", HostFixture.Text(outcome.StandardOutput));
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task Home_TheTaskNamesOne_IsThat()
    {
        SkipUnlessRoot();

        var outcome = await host.Start(Task("echo $HOME") with { Environment = HostFixture.CleanEnvironment }).Completion;

        Assert.Equal("/\n", HostFixture.Text(outcome.StandardOutput));
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task File_OfAJob_IsOpenedAsAUserThatNoTaskIs()
    {
        SkipUnlessRoot();
        await OutputOf(host.Start(Task($"umask 077; echo private >{Meet}/private; umask 022; echo shared >{Meet}/shared")));
        var opener = new SourceFileOpener(users, []);

        Assert.Contains("Permission denied", Assert.Throws<IOException>(() => opener.Open($"{Meet}/private")).Message, StringComparison.Ordinal);
        using var opened = opener.Open($"{Meet}/shared");
        Assert.Equal("shared\n".Length, RandomAccess.GetLength(opened));
    }

    private ProcessHost NewHost() => new(new() { WorkFolderRoot = Work, SpawnThreads = 2, RunAs = users }, TimeProvider.System);

    private static void SkipUnlessRoot() => Assert.SkipUnless(IsRoot, "needs root");

    /// <summary>A start without HOME, as the agent's are.</summary>
    private static StartRequest Task(string line) => new()
    {
        Arguments = ["/bin/sh", "-c", line],
        Environment = [.. HostFixture.CleanEnvironment.Where(static variable => variable.Key != "HOME")],
    };

    private static async Task<string> OutputOf(IRunningProcess process)
    {
        var outcome = await process.Completion.WaitAsync(Patience);
        Assert.True(outcome.Reason == ProcessEndReason.Exit, $"{outcome.Reason}: {outcome.Message}");
        return HostFixture.Text(outcome.StandardOutput);
    }

    private static async Task<uint> UserOf(IRunningProcess process) =>
        uint.Parse((await OutputOf(process)).Trim(), CultureInfo.InvariantCulture);

    /// <summary>Commands that hold all numbers.</summary>
    private async Task<List<IRunningProcess>> StartAll()
    {
        var running = new List<IRunningProcess>();
        for (var i = 0; i < Numbers; i++)
        {
            var sink = new CollectingSink();
            running.Add(host.Start(Task("echo up; exec sleep 600") with { Output = sink }));
            await sink.SeesAsync("up\n");
        }
        return running;
    }

    /// <summary>Owner and mode, as root sees them.</summary>
    private static async Task<string> StatOf(string path)
    {
        using var stat = Process.Start(new ProcessStartInfo("stat", ["-c", "%u %a", path]) { RedirectStandardOutput = true })!;
        return await stat.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>On a thread of its own, which keeps the keyring.</summary>
    private static Task<bool> CanMakeKeyrings()
    {
        var made = new TaskCompletionSource<bool>();
        new Thread(() => made.SetResult(Libc.JoinNewSessionKeyring())).Start();
        return made.Task;
    }
}
