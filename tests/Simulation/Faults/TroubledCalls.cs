using OrleansTasks.Dispatch;
using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.Faults;

/// <summary>
/// Has nodes' calls to dispatchers meet the troubles of their queues. The dispatchers themselves go on.
/// </summary>
/// <param name="troubles">The troubles.</param>
/// <param name="clock">The clock of the silo.</param>
internal sealed class TroubledCalls(QueueTroubles troubles, TimeProvider clock) : IIncomingGrainCallFilter
{
    private static readonly HashSet<string> OfNodes =
    [
        nameof(ITaskDispatcherGrain.Renew), nameof(ITaskDispatcherGrain.Report), nameof(ITaskDispatcherGrain.Offer),
        nameof(ITaskDispatcherGrain.Reclaim),
    ];

    /// <inheritdoc/>
    public async Task Invoke(IIncomingGrainCallContext context)
    {
        if (context.Grain is TaskDispatcherGrain owner && OfNodes.Contains(context.MethodName)
            && troubles.Meet(owner.Queue) is var (wait, isRefused))
        {
            if (isRefused)
                throw new SiloUnavailableException("The call was refused on its way.");
            await Task.Delay(wait, clock);
        }

        await context.Invoke();
    }
}
