using OrleansTasks.Worker.Hosting;
using OrleansTasks.Worker.Protocol;
using OrleansTasks.Worker.Tests.Agent;

namespace OrleansTasks.Worker.Tests.Hosting;

/// <summary>What a supervisor tells the master of an agent that has died.</summary>
public sealed class FarewellTests
{
    private static readonly CancellationToken Cancellation = TestContext.Current.CancellationToken;
    private readonly ScriptedMaster master = new();

    [Fact]
    public async Task Say_AllIsSettled_SaysGoodbyeLast()
    {
        Assert.True(await Say(1, 2));

        Assert.Equal([1, 2], await Told(2));
        Assert.True((await LastReport(3)) is { Goodbye: true, Session: > 0 });
    }

    [Fact]
    public async Task Say_AResultIsNotSettled_SaysNoGoodbye()
    {
        master.OnReport = static told => Task.FromResult(
            new ProgressAnswer { Settled = told.Results[0].Lease.TaskId != AgentFixture.LeaseOf(1).TaskId });

        Assert.False(await Say(1, 2));

        Assert.Equal([1], await Told(1));
        Assert.True((await LastReport(2)) is { Goodbye: false, Leaving: true });
        Assert.False(master.Reports.TryRead(out _));
    }

    private Task<bool> Say(params int[] results) => Farewell.SayAsync(
        master, "w1", new Registration { Instance = "i", Slots = 1 },
        [.. results.Select(static number => new Result { Lease = AgentFixture.LeaseOf(number), ExitCode = number })], Cancellation);

    private async Task<List<int>> Told(int count)
    {
        var codes = new List<int>();
        while (codes.Count < count)
            codes.AddRange((await master.Told.ReadAsync(Cancellation)).Results.Select(static result => result.ExitCode));
        Assert.False(master.Told.TryRead(out _));
        return codes;
    }

    private async Task<StatusReport> LastReport(int count)
    {
        for (var i = 1; i < count; i++)
            await master.Reports.ReadAsync(Cancellation);
        return await master.Reports.ReadAsync(Cancellation);
    }
}
