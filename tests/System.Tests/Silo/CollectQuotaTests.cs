using System.Text;
using OrleansTasks.Jobs;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.Tasks;

namespace OrleansTasks.System.Tests.Silo;

/// <summary>That the results which a job collects are bounded.</summary>
public sealed class CollectQuotaTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Job_CollectsMoreThanIsKept_FailsAndSaysWhy()
    {
        await using var silo = await OneProcess.StartAsync(static options => options.CollectQuota = 20_000);
        var job = Job(silo);

        await Create(job, """
            {"source":{"range":{"from":0,"to":1000000}},"process":{"builtin":"identity"},"chunkSize":100,
             "pace":{"itemsPerSecond":20000},"aggregate":[{"op":"collect"}]}
            """);

        await Until.Holds("the job has failed", Patience, async () => (await job.Get())!.State == JobState.Failed);
        Assert.Equal("results-too-large", (await job.Get())!.Reason);
        Assert.Contains("the maximum is 20000", Assert.Single((await job.Get())!.Failures).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Job_CollectsWhatIsKept_Succeeds()
    {
        await using var silo = await OneProcess.StartAsync(static options => options.CollectQuota = 20_000);
        var job = Job(silo);

        await Create(job, """
            {"source":{"range":{"from":0,"to":3000}},"process":{"builtin":"identity"},"chunkSize":100,
             "pace":{"itemsPerSecond":1000},"aggregate":[{"op":"collect"}]}
            """);

        await Until.Holds("the job has ended", Patience, async () => (await job.Get())!.State.IsFinal());
        Assert.Equal(JobState.Succeeded, (await job.Get())!.State);
    }

    private static IJobGrain Job(OneProcess silo) =>
        silo.Grains.GetGrain<IJobGrain>(new TaskIdSource(TimeProvider.System, new Random(2)).Next().ToString());

    private static async Task Create(IJobGrain job, string spec) =>
        Assert.Equal(JobOutcome.Done, (await job.Create(Encoding.UTF8.GetBytes(spec), null)).Outcome);
}
