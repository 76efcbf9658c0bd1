using Microsoft.Extensions.Logging;
using OrleansTasks.Storage;

namespace OrleansTasks.Workflows;

/// <summary>
/// Reads the specs of the jobs that nodes of a queue's workflows must start. <see cref="RoundLoop"/> calls it between
/// rounds. A failed read is repeated after 50 ms, then after twice as long each time, up to 2 s.
/// </summary>
internal sealed class NodeJobReading(ITaskStore store, DispatchCore core, ILogger logger)
{
    private const long LeastPause = 50;
    private const long MostPause = 2_000;
    private long pause = LeastPause;
    private long retryAt;

    /// <summary>When to read, in milliseconds of the steady clock; <see cref="long.MaxValue"/> for never.</summary>
    public long Next => core.NodeJobs.Wanted.IsEmpty ? long.MaxValue : retryAt;

    /// <summary>
    /// Reads for the next nodes. If the store cannot be read, does not throw; a later call tries again.
    /// </summary>
    public async Task Read(long steadyNow)
    {
        var nodes = core.NodeJobs.Wanted;
        try
        {
            var specs = (await store.ReadSpecs([.. nodes.Select(static node => node.Task)]))
                .ToDictionary(static spec => spec.Id);
            foreach (var node in nodes)
            {
                if (specs.TryGetValue(node.Task, out var spec))
                    node.Take(spec.Spec);
                else
                    node.Fail();
            }

            (retryAt, pause) = (0, LeastPause);
        }
        catch (StoreUnavailableException fault)
        {
            logger.NodeJobsNotRead(core.Queue, fault);
            retryAt = steadyNow + pause;
            pause = Math.Min(2 * pause, MostPause);
            return;
        }

        core.NodeJobs.WereRead(nodes);
    }
}
