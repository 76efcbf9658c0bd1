using OrleansTasks.Dispatch;
using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.Checks;

/// <summary>
/// Counts what owners of queues answer after they were replaced without knowing it. Whatever needs a commit is refused to them; what
/// needs none they answer from a memory that their successor has left behind. That lasts only as long as both activations live.
/// </summary>
/// <param name="isReplaced">Whether an epoch of a queue is not its last one.</param>
internal sealed class ReplacedOwners(Func<string, long, bool> isReplaced) : IIncomingGrainCallFilter
{
    private static readonly HashSet<string> Asked =
    [
        nameof(ITaskDispatcherGrain.Cancel), nameof(ITaskDispatcherGrain.Retry), nameof(ITaskDispatcherGrain.Why),
        nameof(ITaskDispatcherGrain.Rollout),
    ];

    private readonly Dictionary<string, int> answers = [];

    /// <summary>How many answers about a queue's tasks there were.</summary>
    public int AnswersOf(string queue) => answers.GetValueOrDefault(queue);

    /// <inheritdoc/>
    public async Task Invoke(IIncomingGrainCallContext context)
    {
        await context.Invoke();
        if (context.Grain is TaskDispatcherGrain owner && Asked.Contains(context.MethodName) && isReplaced(owner.Queue, owner.Epoch))
            answers[owner.Queue] = AnswersOf(owner.Queue) + 1;
    }
}
