using OrleansTasks.Worker.Chunks;
using OrleansTasks.Worker.Tests.Processes;

namespace OrleansTasks.Worker.Tests.Chunks;

[Collection(nameof(AloneCollection))]
public sealed class EvaluationThreadsTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Run_SystemGivesNoThread_EvaluatesAllTheSame()
    {
        var threads = new EvaluationThreads(2, TimeSpan.Zero);
        await Evaluated(threads);
        Task[] starved;
        using (new NoDescriptors()) starved = [.. Enumerable.Range(0, 5).Select(_ => Evaluated(threads))];

        await Task.WhenAll(starved).WaitAsync(Limit, TestContext.Current.CancellationToken);
        await Evaluated(threads).WaitAsync(Limit, TestContext.Current.CancellationToken);
    }

    private static Task Evaluated(EvaluationThreads threads)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        threads.Run(done.SetResult);
        return done.Task;
    }
}
