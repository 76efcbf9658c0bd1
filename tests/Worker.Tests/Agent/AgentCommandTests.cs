using OrleansTasks.Worker.Processes.Limits;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Tests.Agent;

public sealed class AgentCommandTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Start_ShortCommand_OneReportWithItsResultAndOutput()
    {
        // However long the machine takes, the command counts as a short one.
        await using var fixture = await new AgentFixture(o => o.StartedDelay = TimeSpan.FromMinutes(1)).Started();
        var start = fixture.Shell("echo out; echo err >&2; exit 3");
        fixture.Master.Send(start);

        var told = await fixture.Master.Told.ReadAsync(Cancellation);

        Assert.Empty(told.Started);
        var result = Assert.Single(told.Results);
        Assert.Equal(start.Lease, result.Lease);
        Assert.Equal((Result.Types.Reason.Exit, 3), (result.Reason, result.ExitCode));
        Assert.True(result.Inline);
        Assert.Equal(("out\n", "err\n", "out\nerr\n"),
            (result.Stdout.ToStringUtf8(), result.Stderr.ToStringUtf8(), result.Tail.ToStringUtf8()));
        Assert.Equal((4, 4), (result.StdoutBytes, result.StderrBytes));
        Assert.Equal(("w1", 1L), (told.NodeId, told.Session));
    }

    [Fact]
    public async Task Start_WithAResult_ItIsToldAndABadOneFailsTheAttempt()
    {
        await using var fixture = await new AgentFixture(static o => o.StartedDelay = TimeSpan.FromMinutes(1)).Started();
        Assert.True((await fixture.Master.Reports.ReadAsync(Cancellation)).Registration.Results);
        var start = fixture.Shell("test ! -e \"$TASK_RESULT\" && echo '{\"a\":1}' > \"$TASK_RESULT\"");
        (start.Result, start.Env["TASK_RESULT"]) = (true, "/dev/null");
        fixture.Master.Send(start);
        var good = await fixture.Master.NextResult();
        Assert.Equal((0, "{\"a\":1}\n"), (good.ExitCode, good.Value.ToStringUtf8()));

        var wrong = fixture.Shell("echo out; echo oops > \"$TASK_RESULT\"");
        wrong.Result = true;
        fixture.Master.Send(wrong);
        var bad = await fixture.Master.NextResult();
        Assert.Equal((Result.Types.Reason.BadResult, 0, true), (bad.Reason, bad.ExitCode, bad.Value.IsEmpty));
        Assert.Equal("out\n\nThe result is not JSON: error at byte 1 of line 1.", bad.Tail.ToStringUtf8());
    }

    [Fact]
    public async Task Start_LongCommand_StartIsReportedBeforeItsResult()
    {
        await using var fixture = await new AgentFixture().Started();
        var (start, running, go) = fixture.Gated();
        fixture.Master.Send(start);

        var told = await fixture.Master.Told.ReadAsync(Cancellation);
        Assert.Equal(start.Lease, Assert.Single(told.Started));
        Assert.Empty(told.Results);

        // Not before there is a pipe to write to.
        await fixture.WaitForFile(running);
        await File.WriteAllTextAsync(go, "\n", Cancellation);
        Assert.Equal(0, (await fixture.Master.NextResult()).ExitCode);
    }

    [Fact]
    public async Task Start_Repeated_RunsOnce()
    {
        await using var fixture = await new AgentFixture().Started();
        var log = Path.Combine(fixture.Folder, "log");
        var start = fixture.Shell($"echo ran >> {log}");
        fixture.Master.Send(start, start);
        await fixture.Master.NextResult();
        fixture.Master.Send(start);
        var last = fixture.Shell("true");
        fixture.Master.Send(last);

        Assert.Equal(last.Lease, (await fixture.Master.NextResult()).Lease);
        Assert.Equal(["ran"], await File.ReadAllLinesAsync(log, Cancellation));
    }

    [Fact]
    public async Task Start_BeyondSlots_RefusedAndSlotFreesWithTheTree()
    {
        await using var fixture = await new AgentFixture(o => o.Slots = 1).Started();
        var settle = new TaskCompletionSource<ProgressAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        var (first, running, go) = fixture.Gated();
        fixture.Master.Send(first);
        await fixture.WaitForFile(running);
        Assert.Single((await fixture.Master.Told.ReadAsync(Cancellation)).Started);
        var second = fixture.Shell("true");
        fixture.Master.Send(second);

        Assert.Equal(second.Lease, Assert.Single((await fixture.Master.Told.ReadAsync(Cancellation)).Refused));

        var reporting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        fixture.Master.OnReport = _ =>
        {
            reporting.TrySetResult();
            return settle.Task;
        };
        await File.WriteAllTextAsync(go, "\n", Cancellation);
        await reporting.Task.WaitAsync(Cancellation);

        // The result is not settled yet, and all the same the slot is free.
        var ran = Path.Combine(fixture.Folder, "third");
        fixture.Master.Send(fixture.Shell($"touch {ran}"));
        await fixture.WaitForFile(ran);
        settle.SetResult(new ProgressAnswer { Settled = true });
    }

    [Fact]
    public async Task Start_BeyondSlots_TakesTheSlotThatBecomesFree()
    {
        await using var fixture = await new AgentFixture(o =>
        {
            o.Slots = 1;
            o.SlotWait = TimeSpan.FromMinutes(1);
        }).Started();
        var (first, running, go) = fixture.Gated();
        fixture.Master.Send(first);
        await fixture.WaitForFile(running);
        var second = fixture.Shell("echo second");
        fixture.Master.Send(second);
        for (var i = 0; i < 31; i++)
            fixture.Master.Send(fixture.Shell("true"));
        var oneTooMany = fixture.Shell("true");
        fixture.Master.Send(oneTooMany);

        var told = await fixture.Master.Told.ReadAsync(Cancellation);
        while (told.Refused.Count == 0)
            told = await fixture.Master.Told.ReadAsync(Cancellation);
        Assert.Equal(oneTooMany.Lease, Assert.Single(told.Refused));

        await File.WriteAllTextAsync(go, "\n", Cancellation);
        var results = new List<Result>();
        while (!results.Exists(result => result.Lease.Equals(second.Lease)))
            results.AddRange((await fixture.Master.Told.ReadAsync(Cancellation)).Results);
        Assert.Equal(first.Lease, results[0].Lease);
        // Told together: which of the short ones behind the first is told before which is left open.
        Assert.Equal("second\n", results.Single(result => result.Lease.Equals(second.Lease)).Stdout.ToStringUtf8());
    }

    [Fact]
    public async Task Cancel_WaitsForASlot_IsRefusedAndNeverRuns()
    {
        await using var fixture = await new AgentFixture(o =>
        {
            o.Slots = 1;
            o.SlotWait = TimeSpan.FromMinutes(1);
            o.StartedDelay = TimeSpan.FromMinutes(1);
        }).Started();
        var (first, running, go) = fixture.Gated();
        fixture.Master.Send(first);
        await fixture.WaitForFile(running);
        var ran = Path.Combine(fixture.Folder, "ran");
        var second = fixture.Shell($"touch {ran}");
        fixture.Master.Send(second);
        var cancel = new Commands();
        cancel.Cancel.Add(second.Lease);
        fixture.Master.Send(cancel);

        Assert.Equal(second.Lease, Assert.Single((await fixture.Master.Told.ReadAsync(Cancellation)).Refused));
        await File.WriteAllTextAsync(go, "\n", Cancellation);
        await fixture.Master.NextResult();
        fixture.Master.Send(fixture.Shell("true"));
        await fixture.Master.NextResult();
        Assert.False(File.Exists(ran), "The cancelled command ran.");
    }

    [Fact]
    public async Task Kill_CommandThatNeverCame_IsRefused()
    {
        await using var fixture = await new AgentFixture().Started();
        var lost = fixture.Shell("true");
        var kill = new Commands();
        kill.Kill.Add(lost.Lease);
        fixture.Master.Send(kill);

        Assert.Equal(lost.Lease, Assert.Single((await fixture.Master.Told.ReadAsync(Cancellation)).Refused));
    }

    [Fact]
    public async Task Cancel_UnknownToken_LaterStartIsRefused()
    {
        await using var fixture = await new AgentFixture().Started();
        var start = fixture.Shell("true");
        var cancel = new Commands();
        cancel.Cancel.Add(start.Lease);
        fixture.Master.Send(cancel);
        fixture.Master.Send(start);

        Assert.Equal(start.Lease, Assert.Single((await fixture.Master.Told.ReadAsync(Cancellation)).Refused));
    }

    [Fact]
    public async Task Cancel_RunningCommand_EndsAsCancelled()
    {
        await using var fixture = await new AgentFixture().Started();
        var (start, running, _) = fixture.Gated();
        fixture.Master.Send(start);
        await fixture.WaitForFile(running);
        var cancel = new Commands();
        cancel.Cancel.Add(start.Lease);
        fixture.Master.Send(cancel);

        Assert.Equal(Result.Types.Reason.Cancelled, (await fixture.Master.NextResult()).Reason);
    }

    [Fact]
    public async Task Kill_UnknownToken_IsRefusedThoughNoStartFollows()
    {
        await using var fixture = await new AgentFixture().Started();
        var never = fixture.Shell("echo never");
        var kill = new Commands();
        kill.Kill.Add(never.Lease);
        fixture.Master.Send(kill);

        Assert.Equal(never.Lease, Assert.Single((await fixture.Master.Told.ReadAsync(Cancellation)).Refused));
    }

    [Fact]
    public async Task Kill_RunningCommand_DiesAndIsToldAsLost()
    {
        await using var fixture = await new AgentFixture().Started();
        var (start, running, _) = fixture.Gated();
        fixture.Master.Send(start);
        await fixture.WaitForFile(running);
        var kill = new Commands();
        kill.Kill.Add(start.Lease);
        fixture.Master.Send(kill);

        var lost = await fixture.Master.NextResult();
        Assert.Equal((start.Lease, Result.Types.Reason.NodeLost), (lost.Lease, lost.Reason));
        fixture.Master.Send(fixture.Shell("echo next"));
        Assert.Equal("next\n", (await fixture.Master.NextResult()).Stdout.ToStringUtf8());
    }

    [Fact]
    public async Task Start_NoSuchProgram_SpawnFailedWithTheSystemsWords()
    {
        await using var fixture = await new AgentFixture().Started();
        fixture.Master.Send(fixture.Argv("/no/such/program"));

        var result = await fixture.Master.NextResult();

        Assert.Equal(Result.Types.Reason.SpawnFailed, result.Reason);
        Assert.Contains("No such file", result.Tail.ToStringUtf8(), StringComparison.Ordinal);
        Assert.False(result.HasExitCode);
    }

    [Fact]
    public async Task Start_AnyCommand_SeesExactlyThePromisedEnvironment()
    {
        await using var fixture = await new AgentFixture().Started();
        var start = fixture.Argv("/usr/bin/env");
        start.Env["GREETING"] = "hello";
        start.Env["LANG"] = "de_DE.UTF-8";
        start.Env["TASK_ID"] = "forged";
        fixture.Master.Send(start);

        var lines = (await fixture.Master.NextResult()).Stdout.ToStringUtf8().TrimEnd().Split('\n');

        var seen = lines.Select(l => l.Split('=', 2)).ToDictionary(p => p[0], p => p[1]);
        Assert.Equal(
            ["GREETING", "HOME", "LANG", "NODE_ID", "PATH", "TASK_ATTEMPT", "TASK_ID", "TASK_QUEUE", "TRACEPARENT"],
            seen.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(("hello", "de_DE.UTF-8", "w1", "1", start.Lease.TaskId, "q1"),
            (seen["GREETING"], seen["LANG"], seen["NODE_ID"],
                seen["TASK_ATTEMPT"], seen["TASK_ID"], seen["TASK_QUEUE"]));
        Assert.Matches("^00-[0-9a-f]{32}-[0-9a-f]{16}-01$", seen["TRACEPARENT"]);
        Assert.StartsWith($"00-{Guid.Parse(start.Lease.TaskId):N}-", seen["TRACEPARENT"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_InASandbox_HasItsWorkingFolderAsHome()
    {
        await using var fixture = await new AgentFixture().Started();
        Assert.SkipUnless(fixture.Host.SandboxRefusal is null, $"no sandbox here: {fixture.Host.SandboxRefusal}");
        var start = fixture.Shell("[ \"$HOME\" = \"$PWD\" ] && cd && echo written >file && cat file");
        start.Isolation = new IsolationTerms();
        fixture.Master.Send(start);

        Assert.Equal("written\n", (await fixture.Master.NextResult()).Stdout.ToStringUtf8());
    }

    [Fact]
    public async Task Start_WithResources_SeesWhatItHas()
    {
        await using var fixture = await new AgentFixture(static options => options.Gpus = [0, 3]).Started();
        var start = fixture.Argv("/usr/bin/env");
        start.Env["TASK_GPUS"] = "forged";
        start.Env["CUDA_VISIBLE_DEVICES"] = "forged";
        start.Env["TASK_CPUS"] = "its own";
        start.Lease.Resources.Add("gpu", 2);
        start.Lease.Resources.Add("memory", 1L << 30);
        start.Lease.Resources.Add("license", 1);
        fixture.Master.Send(start);

        var lines = (await fixture.Master.NextResult()).Stdout.ToStringUtf8().TrimEnd().Split('\n');

        var seen = lines.Select(l => l.Split('=', 2)).ToDictionary(p => p[0], p => p[1]);
        Assert.Equal(("0,3", "0,3", "1073741824", "its own"),
            (seen["TASK_GPUS"], seen["CUDA_VISIBLE_DEVICES"], seen["TASK_MEMORY"], seen["TASK_CPUS"]));
    }

    [Fact]
    public async Task Start_SeveralWaitForTheGpusOfOne_AllRunWhenItHasEnded()
    {
        await using var fixture = await new AgentFixture(static options => (options.Slots, options.Gpus) = (4, [0, 1])).Started();
        var holder = fixture.Gated();
        holder.Start.Lease.Resources.Add("gpu", 2);
        fixture.Master.Send(holder.Start);
        await fixture.WaitForFile(holder.Running);
        (Start Start, string Running, string Go)[] waiting = [fixture.Gated(), fixture.Gated()];
        foreach (var (start, _, _) in waiting)
            start.Lease.Resources.Add("gpu", 1);
        fixture.Master.Send([.. waiting.Select(static one => one.Start)]);

        await File.WriteAllTextAsync(holder.Go, "\n", Cancellation);

        // Both at a time: neither ends before it is told to.
        foreach (var (_, running, _) in waiting)
            await fixture.WaitForFile(running);
        foreach (var (_, _, go) in waiting)
            await File.WriteAllTextAsync(go, "\n", Cancellation);
        for (var i = 0; i < 3; i++)
            Assert.Equal(0, (await fixture.Master.NextResult()).ExitCode);
    }

    [Fact]
    public async Task Start_SeveralWaitForTheCoresOfOne_AllRunWhenItHasEnded()
    {
        var own = CoreAffinity.Own();
        Assert.SkipUnless(own.Length > 1, "this machine has one core");
        await using var fixture = await new AgentFixture(options =>
            (options.Slots, options.SlotWait, options.Cores) = (4, TimeSpan.FromMinutes(1), own[..2])).Started();
        var holder = fixture.Gated();
        holder.Start.Pin = true;
        holder.Start.Lease.Resources.Add("cpu", 2_000);
        fixture.Master.Send(holder.Start);
        await fixture.WaitForFile(holder.Running);
        (Start Start, string Running, string Go)[] waiting = [fixture.Gated(), fixture.Gated()];
        foreach (var (start, _, _) in waiting)
        {
            start.Pin = true;
            start.Lease.Resources.Add("cpu", 1_000);
        }

        fixture.Master.Send([.. waiting.Select(static one => one.Start)]);

        await File.WriteAllTextAsync(holder.Go, "\n", Cancellation);

        // Both at a time: neither ends before it is told to.
        foreach (var (_, running, _) in waiting)
            await fixture.WaitForFile(running);
        foreach (var (_, _, go) in waiting)
            await File.WriteAllTextAsync(go, "\n", Cancellation);
        for (var i = 0; i < 3; i++)
            Assert.Equal(0, (await fixture.Master.NextResult()).ExitCode);
    }

    [Fact]
    public async Task Start_TwoPinnedAtOnce_EachSeesOnlyItsOwnCores()
    {
        var own = CoreAffinity.Own();
        Assert.SkipUnless(own.Length > 1, "this machine has one core");
        await using var fixture = await new AgentFixture(options => (options.Slots, options.Cores) = (4, own)).Started();
        List<string> folders = [];
        for (var i = 0; i < 2; i++)
        {
            folders.Add(Directory.CreateTempSubdirectory("otask-pin-").FullName);
            // Each ends only when the other one runs too.
            var start = fixture.Argv("/bin/sh", "-c", "echo $TASK_CPUS $TASK_CPU_LIST $(nproc); "
                + "sed -n 's/Cpus_allowed_list:\\t//p' /proc/self/status; : >\"$MINE/up\"; "
                + "while [ ! -e \"$MINE/go\" ]; do sleep 0.02; done");
            start.Env["MINE"] = folders[i];
            start.Env["TASK_CPU_LIST"] = "forged";
            start.Pin = true;
            start.Lease.Resources.Add("cpu", 1_000);
            fixture.Master.Send(start);
        }

        foreach (var folder in folders)
            await fixture.WaitForFile(Path.Combine(folder, "up"));
        foreach (var folder in folders)
            await File.WriteAllTextAsync(Path.Combine(folder, "go"), "", Cancellation);
        List<string> printed = [];
        for (var i = 0; i < 2; i++)
            printed.Add((await fixture.Master.NextResult()).Stdout.ToStringUtf8());
        folders.ForEach(static folder => Directory.Delete(folder, recursive: true));

        Assert.Equal([$"1 {own[0]} 1\n{own[0]}\n", $"1 {own[1]} 1\n{own[1]}\n"], printed.Order());
    }

    [Fact]
    public async Task Registration_WorkerHasCores_SaysThatItPins()
    {
        await using var with = await new AgentFixture(static options => options.Cores = [0]).Started();
        await using var without = await new AgentFixture(static _ => { }).Started();

        Assert.True((await with.Master.Reports.ReadAsync(Cancellation)).Registration.Pins);
        Assert.False((await without.Master.Reports.ReadAsync(Cancellation)).Registration.Pins);
    }
}
