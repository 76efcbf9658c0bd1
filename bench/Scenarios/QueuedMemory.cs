using System.Globalization;
using OrleansTasks.Bench.Harness;
using OrleansTasks.Dispatch;
using OrleansTasks.Tasks;

namespace OrleansTasks.Bench.Scenarios;

/// <summary>What a queued task costs the dispatcher's memory.</summary>
public sealed class QueuedMemory : IScenario
{
    private const int Tasks = 1_000_000;

    /// <inheritdoc/>
    public string Name => "memory";

    /// <inheritdoc/>
    public string Summary => string.Create(CultureInfo.InvariantCulture, $"{Tasks} queued tasks in one dispatcher's memory");

    /// <inheritdoc/>
    public Task<IReadOnlyList<Figure>> Run(int runs)
    {
        var bytes = new double[runs];
        for (var run = 0; run < runs; run++)
            bytes[run] = Measure();
        return Task.FromResult<IReadOnlyList<Figure>>([new Figure("a queued task", "bytes", bytes, [], null, 256, AtLeast: false)]);
    }

    private static double Measure()
    {
        var ids = new TaskIdSource(TimeProvider.System, new Random(1));
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var core = new DispatchCore("bench", 1, 0, new DispatchOptions(), new SecureRandomness());
        for (var done = 0; done < Tasks; done += 1000)
        {
            var tasks = Enumerable.Range(0, 1000).Select(_ => SyntheticTasks.New(ids)).ToArray();
            core.Accept(new SubmitRequest([.. tasks], null, null), null, done, new CommitDraft());
        }

        var after = GC.GetTotalMemory(forceFullCollection: true);
        GC.KeepAlive(core);
        return (after - before) / (double)Tasks;
    }
}
