using System.Diagnostics;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary><c>otask submit --wait</c> over lost connections.</summary>
public sealed class SubmitWaitTests(SharedServices shared) : DataFolders
{
    [Fact]
    public async Task SubmitWait_ServiceIsKilledAndStartedAgain_EndsAsTheTaskDoes()
    {
        await using var killed = await Service.Start(Data, "--slots", "0", "--http", RestartAddress.Next());
        using var otask = Process.Start(new ProcessStartInfo(
            BuiltPrograms.Otask, ["--url", killed.Url.ToString(), "submit", "--wait", "echo done; exit 7"])
            { RedirectStandardOutput = true, RedirectStandardError = true })!;
        // It says the id once it has its 202.
        var named = await otask.StandardError.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30));
        var id = (string)JsonNode.Parse(await killed.Http.GetStringAsync("/api/v1/tasks"))!["items"]![0]!["id"]!;
        Assert.Equal($"otask: task {id}", named);
        await killed.KillAll();

        await using var service = await Service.Start(Data, "--http", killed.Url.Authority);

        var output = otask.StandardOutput.ReadToEndAsync();
        var errors = otask.StandardError.ReadToEndAsync();
        await otask.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal((7, "done\n", ""), (otask.ExitCode, await output, await errors));
    }

    [Fact]
    public async Task SubmitWait_ConnectionsAreCut_PrintsAllOnce()
    {
        await using var gateway = await CuttingGateway.Start(cutWaits: 2, written: "one two three");

        Assert.Equal(new Finished(0, "one two three", $"otask: task {CuttingGateway.Id}\n"), await SubmitWait(gateway));
        Assert.Equal("", (await SubmitWait(gateway, "--quiet")).Errors);
    }

    [Fact]
    public async Task SubmitWait_GatewayStaysAway_NamesTheTaskAndWhatToDo()
    {
        await using var gateway = await CuttingGateway.Start(cutWaits: int.MaxValue);

        var ended = await SubmitWait(gateway);

        Assert.Equal((3, ""), (ended.ExitCode, ended.Output));
        Assert.Contains($"otask get --wait 60s {CuttingGateway.Id}", ended.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SubmitWait_IsInterrupted_HasNamedTheTaskAndSaysThatItGoesOn()
    {
        var service = await shared.Idle;
        using var otask = Process.Start(new ProcessStartInfo(
            BuiltPrograms.Otask, ["--url", service.Url.ToString(), "submit", "--wait", "true"]) { RedirectStandardError = true })!;
        var named = await otask.StandardError.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.StartsWith("otask: task ", named, StringComparison.Ordinal);
        var id = named!["otask: task ".Length..];
        Assert.Equal(id, (string?)(await service.Get(id))["id"]);

        Signals.Send(otask.Id, Signals.Interrupt);

        Assert.Contains($"otask cancel {id}", await otask.StandardError.ReadToEndAsync(), StringComparison.Ordinal);
        await otask.WaitForExitAsync();
        Assert.Equal(130, otask.ExitCode);
        Assert.Equal("queued", (string)(await service.Get(id))["state"]!);
    }

    [Fact]
    public async Task SubmitWait_IsInterruptedWhileItPrints_SaysThatTheTaskHasEnded()
    {
        await using var gateway = await CuttingGateway.Start(written: "one two", holdsOutput: true);
        using var otask = Begin(gateway);
        var first = new char[3];
        await otask.StandardOutput.ReadBlockAsync(first).AsTask().WaitAsync(TimeSpan.FromSeconds(30));

        Signals.Send(otask.Id, Signals.Interrupt);

        var errors = await otask.StandardError.ReadToEndAsync();
        Assert.Contains($"the task {CuttingGateway.Id} has ended. Its output: otask logs {CuttingGateway.Id}", errors,
            StringComparison.Ordinal);
        Assert.DoesNotContain("continues", errors, StringComparison.Ordinal);
        await otask.WaitForExitAsync();
        Assert.Equal(130, otask.ExitCode);
    }

    [Fact]
    public async Task SubmitWait_IsInterruptedBetweenTwoTries_SaysThatItMayHaveBeenAccepted()
    {
        await using var gateway = await CuttingGateway.Start(cutSubmissions: int.MaxValue);
        using var otask = Begin(gateway, "--idempotency-key", "k");
        // A pause of 2 s follows the second try.
        await Until.Holds("two tries", TimeSpan.FromSeconds(30), () => Task.FromResult(gateway.Submissions >= 2));

        Signals.Send(otask.Id, Signals.Interrupt);

        Assert.Contains("it may have accepted the task", await otask.StandardError.ReadToEndAsync(), StringComparison.Ordinal);
        await otask.WaitForExitAsync();
        Assert.Equal(130, otask.ExitCode);
    }

    [Fact]
    public async Task Submit_WordsOnBothSidesOfTheDashes_IsAUsageError()
    {
        await using var gateway = await CuttingGateway.Start();

        var both = await Otask.Run("--url", gateway.Url, "submit", "echo a", "--", "ls");
        var behind = await Otask.Run("--url", gateway.Url, "submit", "--", "ls", "--", "-l");

        Assert.Equal((2, 0), (both.ExitCode, behind.ExitCode));
        Assert.Contains("Put -- before the whole command", both.Errors, StringComparison.Ordinal);
        Assert.Equal(1, gateway.Submissions);
    }

    [Fact]
    public async Task JobRun_IsInterrupted_HasNamedTheJobAndSaysThatItGoesOn()
    {
        var service = await shared.Idle;
        using var otask = Process.Start(new ProcessStartInfo(
            BuiltPrograms.Otask, ["--url", service.Url.ToString(), "job", "run", "--range", "0:9", "--aggregate", "n=count"])
            { RedirectStandardError = true })!;
        var named = await otask.StandardError.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.StartsWith("otask: job ", named, StringComparison.Ordinal);
        var id = named!["otask: job ".Length..];
        Assert.Equal(id, (string?)JsonNode.Parse(await service.Http.GetStringAsync($"/api/v1/jobs/{id}"))!["id"]);

        Signals.Send(otask.Id, Signals.Interrupt);

        Assert.Contains($"otask job cancel {id}", await otask.StandardError.ReadToEndAsync(), StringComparison.Ordinal);
        await otask.WaitForExitAsync();
        Assert.Equal(130, otask.ExitCode);
    }

    [Fact]
    public async Task SubmitWait_SubmissionIsCut_IsRepeatedWithAKeyAlone()
    {
        await using var gateway = await CuttingGateway.Start(cutSubmissions: 1);
        Assert.Equal(0, (await SubmitWait(gateway, "--idempotency-key", "k")).ExitCode);
        Assert.Equal(2, gateway.Submissions);

        await using var other = await CuttingGateway.Start(cutSubmissions: 1);
        Assert.Equal(3, (await SubmitWait(other)).ExitCode);
        Assert.Equal(1, other.Submissions);
    }

    [Fact]
    public async Task SubmitWait_AnEarlierTryIsBeingAnswered_IsRepeated()
    {
        await using var gateway = await CuttingGateway.Start(cutSubmissions: 1, isAnswering: true);
        var ended = await SubmitWait(gateway, "--idempotency-key", "k");
        Assert.True(ended.ExitCode == 0, ended.ToString());
        Assert.Equal(2, gateway.Submissions);
    }

    private static Process Begin(CuttingGateway gateway, params string[] options) => Process.Start(new ProcessStartInfo(
        BuiltPrograms.Otask, ["--url", gateway.Url, "submit", "--wait", .. options, "true"])
        { RedirectStandardOutput = true, RedirectStandardError = true })!;

    private static Task<Finished> SubmitWait(CuttingGateway gateway, params string[] options) =>
        Otask.Run(["--url", gateway.Url, "submit", "--wait", .. options, "true"]);
}
