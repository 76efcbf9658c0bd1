using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary><c>otask submit --wait</c> over lost connections.</summary>
public sealed class SubmitWaitTests : DataFolders
{
    [Fact]
    public async Task SubmitWait_ServiceIsKilledAndStartedAgain_EndsAsTheTaskDoes()
    {
        await using var killed = await Service.Start(Data, "--slots", "0", "--http", KeptPorts.Next());
        var waiting = Finished.Run(
            BuiltPrograms.Otask, "--url", killed.Url.ToString(), "submit", "--wait", "echo done; exit 7");
        await Until.Holds("the task is accepted", TimeSpan.FromSeconds(30), async () =>
            JsonNode.Parse(await killed.Http.GetStringAsync("/api/v1/tasks"))!["items"]!.AsArray().Count == 1);
        await killed.KillAll();

        await using var service = await Service.Start(Data, "--http", killed.Url.Authority);

        Assert.Equal(new Finished(7, "done\n", ""), await waiting);
    }

    [Fact]
    public async Task SubmitWait_ConnectionsAreCut_PrintsAllOnce()
    {
        await using var gateway = await CuttingGateway.Start(cutWaits: 2, written: "one two three");

        Assert.Equal(new Finished(0, "one two three", ""), await SubmitWait(gateway));
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
    public async Task SubmitWait_SubmissionIsCut_IsRepeatedWithAKeyAlone()
    {
        await using var gateway = await CuttingGateway.Start(cutSubmissions: 1);
        Assert.Equal(0, (await SubmitWait(gateway, "--idempotency-key", "k")).ExitCode);
        Assert.Equal(2, gateway.Submissions);

        await using var other = await CuttingGateway.Start(cutSubmissions: 1);
        Assert.Equal(3, (await SubmitWait(other)).ExitCode);
        Assert.Equal(1, other.Submissions);
    }

    private static Task<Finished> SubmitWait(CuttingGateway gateway, params string[] options) =>
        Finished.Run(BuiltPrograms.Otask, ["--url", gateway.Url, "submit", "--wait", .. options, "true"]);
}
