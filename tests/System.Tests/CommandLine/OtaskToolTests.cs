using System.Diagnostics;
using System.Runtime.Versioning;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary>Commands of <c>otask</c> that wait, explain and complete, against a service.</summary>
[SupportedOSPlatform("linux")]
public sealed class OtaskToolTests(SharedServices shared) : DataFolders
{
    [Fact]
    public async Task Tools_DoWhatTheySay()
    {
        await using var service = await Service.Start(Data);

        var run = await Otask.Run(service, "run", "-q", "--", "/bin/sh", "-c", "echo out; echo err >&2; exit 3");
        Assert.Equal((3, "out\n"), (run.ExitCode, run.Output));
        Assert.StartsWith("err\notask: details: ", run.Errors, StringComparison.Ordinal);

        var failed = (await Otask.Run(service, "list", "-o", "name")).Output.Trim();
        var good = (await Otask.Run(service, "submit", "true")).Output.Trim();
        Assert.Equal(0, (await Otask.Run(service, "wait", good)).ExitCode);
        Assert.Equal(4, (await Otask.Run(service, "wait", good, failed)).ExitCode);
        Assert.Equal(0, (await Otask.Run(service, "wait", "--for", "running", good, failed)).ExitCode);

        var later = (await Otask.Run(service, "submit", "--run-at", "2999-01-01T00:00:00Z", "true")).Output.Trim();
        Assert.StartsWith("not-before", (await Otask.Run(service, "why", later)).Output, StringComparison.Ordinal);
        Assert.StartsWith(
            "It has failed (exit 3)", (await Otask.Run(service, "why", failed)).Output, StringComparison.Ordinal);
        var late = await Otask.Run(service, "wait", "--timeout", "50ms", later);
        Assert.Equal((7, $"otask: not all tasks are ended after 50ms; they continue.\n"), (late.ExitCode, late.Errors));
        await Otask.Run(service, "cancel", later);
        Assert.Equal(5, (await Otask.Run(service, "wait", later)).ExitCode);

        var valued = await Otask.Run(service, "run", "-q", "--result", "echo '[1]' > $TASK_RESULT; echo $TASK_ID");
        Assert.Equal("[1]\n", (await Otask.Run(service, "result", valued.Output.Trim())).Output);
        Assert.Contains("no-result", (await Otask.Run(service, "result", good)).Errors, StringComparison.Ordinal);
        var told = (await Otask.Run(service, "event", "list", "--id", failed, "--from", "1h")).Output;
        Assert.Contains($"task  {failed}  failed", told, StringComparison.Ordinal);
        Assert.Empty((await Otask.Run(service, "event", "list", "--id", failed, "--to", "1h", "-o", "name")).Output);

        var watched = (await Otask.Run(service, "watch", failed, good)).Output;
        Assert.Contains($"{failed}  failed  exit 3", watched, StringComparison.Ordinal);
        Assert.Contains($"{good}  succeeded", watched, StringComparison.Ordinal);
        Assert.Contains("failed 1", (await Otask.Run(service, "top")).Output, StringComparison.Ordinal);
        Assert.Contains(
            "maxAttempts", (await Otask.Run(service, "explain", "task.retry")).Output, StringComparison.Ordinal);
        Assert.Contains(
            "its fields are cmd, argv", (await Otask.Run(service, "explain", "task.retri")).Errors, StringComparison.Ordinal);
        Assert.Equal("ready\n", (await Otask.Run(service, "api", "GET", "/readyz")).Output);
        var refused = await Otask.Run(service, "api", "GET", "/api/v1/tasks/none");
        Assert.Equal((1, '\n'), (refused.ExitCode, refused.Output[^1]));
        Assert.Equal(2, (await Otask.Run(service, "api", "GET", "//elsewhere")).ExitCode);

        // A completion that takes longer than 300 ms goes without ids, which a busy machine may need several tries for.
        var line = $"otask --url {service.Url} cancel ";
        await Until.Holds("a completion with ids", TimeSpan.FromSeconds(60), async () =>
            (await Finished.Run(BuiltPrograms.Otask, $"[suggest:{line.Length}]", line)).Output.Split('\n').ToHashSet()
                .IsSupersetOf([failed, good, later, "--dry-run"]));
    }

    [Fact]
    public async Task Run_IsInterrupted_CancelsItsTask()
    {
        var service = await shared.Running;
        using var otask = Process.Start(new ProcessStartInfo(
            BuiltPrograms.Otask, ["--url", service.Url.ToString(), "run", "echo begun; exec sleep 600"])
            { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Assert.Equal("begun", await otask.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30)));

        Signals.Send(otask.Id, Signals.Interrupt);

        var errors = await otask.StandardError.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(30));
        await otask.WaitForExitAsync();
        Assert.Contains("was cancelled", errors, StringComparison.Ordinal);
        Assert.Equal(125, otask.ExitCode);
        var id = errors.Split('\n')[0]["otask: task ".Length..];
        Assert.Equal("cancelled", (string)(await service.Get(id))["state"]!);
    }

    [Fact]
    public async Task Profile_KeyGoesToItsOwnGatewayAlone()
    {
        await using var own = await StubGateway.Start(
            ("/api/v1/queues", """{"items":[]}"""), ("/api/v1/tasks/cancel", """{"matched":3,"wouldChange":2}"""));
        await using var other = await StubGateway.Start(("/api/v1/queues", """{"items":[]}"""));
        (string, string)[] home = [("XDG_CONFIG_HOME", Data), ("OTASK_URL", ""), ("OTASK_KEY", "")];

        Assert.Equal(0, (await Run("config", "set", "prod", "--url", own.Url, "--key-command", "echo from-command",
            "--confirm", "always")).ExitCode);
        Assert.Equal(0, (await Run("queues")).ExitCode);
        Assert.Equal(0, (await Run("queues", "--url", other.Url)).ExitCode);
        Assert.Equal(0, (await Run("config", "set", "prod", "--key", "kept")).ExitCode);
        Assert.Equal(0, (await Run("queues", "--profile", "prod")).ExitCode);

        Assert.Equal(["Bearer from-command", "Bearer kept"], own.Keys);
        Assert.Equal([""], other.Keys);
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite,
            File.GetUnixFileMode(Path.Combine(Data, "otask", "config.json")));
        Assert.DoesNotContain("kept", (await Run("config", "list")).Output, StringComparison.Ordinal);
        // The profile asks before many tasks are changed, and there is no terminal.
        Assert.Equal(6, (await Run("cancel", "--state", "queued")).ExitCode);
        Assert.Equal(2, (await Run("queues", "--profile", "none")).ExitCode);

        Task<Finished> Run(params string[] arguments) => Finished.Run(BuiltPrograms.Otask, arguments, home);
    }

    [Fact]
    public async Task Profile_UserHasNone_IsTheMachines()
    {
        await using var service = await StubGateway.Start(("/api/v1/queues", """{"items":[]}"""));
        await using var own = await StubGateway.Start(("/api/v1/queues", """{"items":[]}"""));
        var machine = Path.Combine(Data, "machine");
        await Run(machine, "config", "set", "local", "--url", service.Url, "--key", "of-the-machine");
        var home = Path.Combine(Data, "user");

        Assert.Equal(0, (await Run(home, "queues")).ExitCode);
        Assert.Contains($"There is no profile 'none' in {machine}/otask/config.json;",
            (await Run(home, "queues", "--profile", "none")).Errors, StringComparison.Ordinal);
        await Run(home, "config", "set", "mine", "--url", own.Url, "--key", "of-the-user");
        Assert.Equal(0, (await Run(home, "queues")).ExitCode);
        var unknown = await Run(home, "queues", "--profile", "local");
        Assert.Equal(2, unknown.ExitCode);
        Assert.Contains($"There is no profile 'local' in {home}/otask/config.json;", unknown.Errors, StringComparison.Ordinal);

        Assert.Equal(["Bearer of-the-machine"], service.Keys);
        Assert.Equal(["Bearer of-the-user"], own.Keys);

        Task<Finished> Run(string home, params string[] arguments) => Finished.Run(BuiltPrograms.Otask, arguments, [
            ("XDG_CONFIG_HOME", home), ("XDG_CONFIG_DIRS", $"{Data}/nothing:{machine}"), ("OTASK_URL", ""), ("OTASK_KEY", "")]);
    }
}
