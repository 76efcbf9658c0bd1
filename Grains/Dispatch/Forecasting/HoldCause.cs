
namespace OrleansTasks.Dispatch.Forecasting;

/// <summary>What keeps a queue's tasks waiting after a round. The names are codes of the HTTP contract.</summary>
internal enum HoldCause : byte
{
    /// <summary>No task is queued.</summary>
    None,

    /// <summary>The queue is paused.</summary>
    QueuePaused,

    /// <summary>The queue runs its maximum number of tasks.</summary>
    MaxRunning,

    /// <summary>The queue's rate allows no start now.</summary>
    RateLimited,

    /// <summary>All queued tasks wait for others with the same concurrency key.</summary>
    ConcurrencyKey,

    /// <summary>No node accepts work, or none that does matches.</summary>
    NoMatchingNode,

    /// <summary>All matching nodes rest, because they refused tasks.</summary>
    NodeResting,

    /// <summary>All slots of the matching nodes are taken.</summary>
    NoFreeSlot,

    /// <summary>The queue has its share of the matching nodes, and other queues want the rest.</summary>
    ShareUsed,

    /// <summary>The queue is being read after a restart.</summary>
    Starting,

    /// <summary>The queue has a blackout.</summary>
    Blackout,

    /// <summary>Resources that the tasks ask for are in use on all matching nodes.</summary>
    NoFreeResource,
}

/// <summary>The codes of causes.</summary>
internal static class HoldCauses
{
    private static readonly ImmutableArray<string> Codes =
    [
        "", "queue-paused", "max-running", "rate-limited", "concurrency-key", "no-matching-node", "node-resting", "no-free-slot",
        "share-used", "starting", "blackout", "no-free-resource",
    ];

    /// <summary>The number of causes, <see cref="HoldCause.None"/> included.</summary>
    public static int Count => Codes.Length;

    /// <summary>Returns a cause's code.</summary>
    public static string Code(this HoldCause cause) => Codes[(int)cause];
}
