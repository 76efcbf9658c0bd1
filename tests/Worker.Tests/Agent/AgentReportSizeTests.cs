using System.Globalization;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using OrleansTasks.Processing.Aggregates;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Processing.Processors;
using OrleansTasks.Worker.Agent;
using OrleansTasks.Worker.Chunks;
using OrleansTasks.Worker.Protocol;
using OrleansTasks.Worker.Resources;

namespace OrleansTasks.Worker.Tests.Agent;

/// <summary>What a worker reports always fits into a message, and what a master does not take is not repeated for ever.</summary>
public sealed class AgentReportSizeTests
{
    private const int MostOfMessage = 16 << 20;

    [Fact]
    public void Results_ThatFillAMessage_AreNeverToldBehindOthers()
    {
        var held = new HeldAttempts(8, 0, 0, new GpuIndexes([]), new CoreSet([]));
        foreach (var (size, number) in (ReadOnlySpan<(int, int)>)[(100, 1), (ChunkReport.Most, 2), (500_000, 3), (ChunkReport.Most, 4), (600_000, 5)])
            End(held, number, size);
        var told = new List<int>();
        while (held.TakeReport(0) is { } batch)
        {
            Assert.InRange(batch.Message.CalculateSize(), 0, MostOfMessage);
            told.Add(batch.Over.Count);
        }

        Assert.Equal([1, 1, 1, 1, 1], told);
    }

    [Fact]
    public void Result_LargerThanAMessage_IsToldAsAFailure()
    {
        var held = new HeldAttempts(1, 0, 0, new GpuIndexes([]), new CoreSet([]));
        End(held, 1, ChunkReport.Most + 1);
        AssertTooLarge(Assert.Single(held.TakeReport(0)!.Message.Results));
    }

    [Fact]
    public void Chunk_WhoseGroupsFillMoreThanAMessage_Fails()
    {
        var plan = new ProcessingPlan(
            ProcessorKind.Identity, null, [], [new AggregateSpec("groups", AggregateOp.GroupCount, null, null, 10, 1_000_000, [])], false);
        var lines = new StringBuilder();
        for (var i = 0; i < 4_000; i++)
            lines.Append(CultureInfo.InvariantCulture, $"{i}").Append('x', 4_000).Append('\n');
        var input = new ChunkInput(ItemFormat.Text, 0, 4_000, Encoding.UTF8.GetBytes(lines.ToString()));
        var partial = new ChunkEvaluator(plan).Run(input, TestContext.Current.CancellationToken);
        AssertTooLarge(ChunkResults.Of(AgentFixture.LeaseOf(1), partial, TimeSpan.Zero));
    }

    [Fact]
    public async Task Report_ThatTheMasterNeverTakes_BecomesAFailureThatItTakes()
    {
        await using var fixture = await new AgentFixture().Started();
        fixture.Master.OnReport = static told => told.CalculateSize() > 4 << 20
            ? throw CallError.Of(StatusCode.ResourceExhausted, "At most 4 MiB are taken.")
            : Task.FromResult(new ProgressAnswer { Settled = true });
        var start = fixture.Shell("unused");
        start.Argv.Clear();
        var plan = new ProcessingPlan(
            ProcessorKind.Identity, null, [], [new AggregateSpec("all", AggregateOp.Collect, null, null, 10, 10, [])], false);
        start.Chunk = new Chunk
        {
            Plan = ByteString.CopyFrom(plan.ToBytes()), Number = 1, Items = 1, Format = Chunk.Types.Format.Text, Job = "job-1",
            Segment = ByteString.CopyFromUtf8(new string('x', 5 << 20) + "\n"),
        };
        fixture.Master.Send(start);
        AssertTooLarge(await fixture.Master.NextResult());
    }

    private static void AssertTooLarge(Result result)
    {
        Assert.Equal(1, result.ExitCode);
        Assert.InRange(result.CalculateSize(), 0, 1_000);
        var report = ChunkReport.Read(result.Report.Memory);
        Assert.Equal("results-too-large", report.Code);
        Assert.Contains("chunkSize", report.Message, StringComparison.Ordinal);
    }

    private static void End(HeldAttempts held, int number, int size)
    {
        held.Receive(new Start { Lease = AgentFixture.LeaseOf(number) }, 0, mayRun: true, out var attempt);
        held.TreeDied(attempt!);
        held.End(attempt!, new Result { Lease = attempt!.Lease, Report = UnsafeByteOperations.UnsafeWrap(new byte[size]) }, 0);
    }
}
