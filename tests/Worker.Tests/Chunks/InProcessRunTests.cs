using Google.Protobuf;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Processing.Files;
using OrleansTasks.Processing.Plugins;
using OrleansTasks.Processing.Processors;
using OrleansTasks.Worker.Agent;
using OrleansTasks.Worker.Chunks;
using OrleansTasks.Worker.Files;
using OrleansTasks.Worker.Protocol;
using OrleansTasks.Worker.Tests.Agent;
using OrleansTasks.Worker.Tests.Files;
using OrleansTasks.Worker.Tests.Processes;

namespace OrleansTasks.Worker.Tests.Chunks;

public sealed class InProcessRunTests(HostFixture fixture) : IClassFixture<HostFixture>
{
    private readonly FakePlane plane = new();
    private readonly EvaluationThreads threads = new(1, TimeSpan.FromSeconds(10));

    [Fact]
    public async Task Start_ItemsAreFetched_EvaluatesThemOnAnEvaluationThread()
    {
        // The first call has returned before anything arrives.
        var returned = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        plane.BeforeBlock = (_, _, _) => returned.Task;
        var ended = new TaskCompletionSource<Result?>(TaskCreationOptions.RunContinuationsAsynchronously);

        NewRun(run => threads.Run(() =>
        {
            run.Evaluate();
            returned.TrySetResult();
        })).Start(ended.SetResult);

        var result = await ended.Task.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        Assert.Null(ChunkReport.Read(result!.Report.Memory).Message);
        Assert.False(PlaceProcessor.WasOnPool);
    }

    [Fact]
    public async Task Start_ItemsCannotBeFetched_FailsTheChunk()
    {
        plane.BeforeBlock = static async (_, _, _) =>
        {
            await Task.Yield();
            throw new FilePlaneException("gone");
        };
        var ended = new TaskCompletionSource<Result?>(TaskCreationOptions.RunContinuationsAsynchronously);

        NewRun(run => threads.Run(run.Evaluate)).Start(ended.SetResult);

        var result = await ended.Task.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        Assert.Contains("gone", ChunkReport.Read(result!.Report.Memory).Message, StringComparison.Ordinal);
    }

    private InProcessRun NewRun(Action<InProcessRun> evaluate)
    {
        var plugins = new PluginCatalog();
        plugins.Add(typeof(PlaceProcessor).Assembly);
        var text = "1\n2\n"u8.ToArray();
        var plan = new ProcessingPlan(ProcessorKind.Plugin, null, ["place"], [], SkipErrors: false);
        var start = new Start
        {
            Lease = AgentFixture.LeaseOf(1),
            Chunk = new Chunk
            {
                Plan = ByteString.CopyFrom(plan.ToBytes()), Format = Chunk.Types.Format.FileLines, Items = text.Length,
                Segment = ByteString.CopyFrom(FilePart.OfStored(plane.Add(text), text.Length, 0).ToBytes()),
            },
        };
        var items = new ChunkItems(new SourceFileOpener(null, []), (_, name, size, _, _) =>
            Task.FromResult<SourceBytes>(new FetchedParts(name, size, plane.Fetcher(TimeProvider.System))));
        var environment = new AttemptEnvironment("w1", ownHome: null, static _ => null);
        return new InProcessRun(
            start, new EvaluatorPool(plugins), items, fixture.Host, new ChunkFinish(fixture.Host, environment),
            TimeProvider.System, evaluate);
    }
}
