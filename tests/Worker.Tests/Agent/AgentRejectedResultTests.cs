using System.Globalization;
using Grpc.Core;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Tests.Agent;

/// <summary>A result that the master rejects as wrong keeps no other from being told (C4).</summary>
public sealed class AgentRejectedResultTests
{
    [Fact]
    public async Task Result_ThatTheMasterRejects_IsToldWithoutItsOutputAndTheOthersAsTheyAre()
    {
        await using var fixture = await new AgentFixture(static options => options.Slots = 32).Started();
        fixture.Master.OnReport = static told => told.Results.Any(static result => result.Stdout.ToStringUtf8().Contains("wrong", StringComparison.Ordinal))
            ? throw CallError.Of(StatusCode.InvalidArgument, "A result may not be wrong.")
            : Task.FromResult(new ProgressAnswer { Settled = true });
        var wrong = fixture.Shell("echo wrong; exit 3");
        var valued = fixture.Shell("echo wrong; echo 1 > $TASK_RESULT");
        valued.Result = true;
        var others = Enumerable.Range(0, 20).Select(i => fixture.Shell("echo " + i.ToString(CultureInfo.InvariantCulture))).ToList();
        fixture.Master.Send([.. others.Take(10), wrong, valued, .. others.Skip(10)]);

        var results = await Results(fixture, 22);

        var plain = results[wrong.Lease.TaskId];
        Assert.Equal(3, plain.ExitCode);
        Assert.True(plain.Truncated);
        Assert.True(plain.Stdout.IsEmpty);
        Assert.Equal((true, "1\n"), (results[valued.Lease.TaskId].Stdout.IsEmpty, results[valued.Lease.TaskId].Value.ToStringUtf8()));
        for (var i = 0; i < others.Count; i++)
            Assert.Equal(i.ToString(CultureInfo.InvariantCulture) + "\n", results[others[i].Lease.TaskId].Stdout.ToStringUtf8());
    }

    [Fact]
    public async Task Attempt_OfWhichTheMasterRejectsEveryWord_IsForgottenAndItsLeaseRunsOut()
    {
        await using var fixture = await new AgentFixture(static options => options.Slots = 32).Started();
        var wrong = fixture.Shell("exit 3");
        fixture.Master.OnReport = told => told.Results.Any(result => result.Lease.TaskId == wrong.Lease.TaskId)
            ? throw CallError.Of(StatusCode.InvalidArgument, "There is no such task.")
            : Task.FromResult(new ProgressAnswer { Settled = true });
        fixture.Master.HeartbeatMs = 50;
        var other = fixture.Shell("exit 0");
        fixture.Master.Send(wrong, other);

        Assert.Contains(other.Lease.TaskId, (await Results(fixture, 1)).Keys);
        // A heartbeat that names nothing: the master hears that nobody holds it, and its lease ends.
        var cancellation = TestContext.Current.CancellationToken;
        while ((await fixture.Master.Reports.ReadAsync(cancellation)) is { Session: 0 } or { Held.Count: > 0 })
        {
        }

        fixture.Master.Send(wrong);
        var refused = await Refusal(fixture);
        Assert.Equal(wrong.Lease.TaskId, refused.TaskId);
    }

    private static async Task<Dictionary<string, Result>> Results(AgentFixture fixture, int count)
    {
        var results = new Dictionary<string, Result>();
        while (results.Count < count)
        {
            var result = await fixture.Master.NextResult();
            results.Add(result.Lease.TaskId, result);
        }

        return results;
    }

    private static async Task<Lease> Refusal(AgentFixture fixture)
    {
        while (true)
        {
            var told = await fixture.Master.Told.ReadAsync(TestContext.Current.CancellationToken);
            if (told.Refused.Count > 0)
                return told.Refused[0];
        }
    }
}
