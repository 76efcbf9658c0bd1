
namespace OrleansTasks.Dispatch.Forecasting;

/// <summary>
/// What has passed through a queue since its owner began. Chunk runs are not counted. The numbers only rise.
/// </summary>
internal struct FlowTotals
{
    /// <summary>
    /// How often a task was queued: accepted, due, released or retried. A task that its node gave back or lost is not
    /// counted again.
    /// </summary>
    public long Arrived { get; set; }

    /// <summary>How many attempts started.</summary>
    public long Started { get; set; }

    /// <summary>How many attempts ended with a result after they had started.</summary>
    public long Ended { get; set; }

    /// <summary>How long these attempts ran, in milliseconds.</summary>
    public long RunTime { get; set; }

    /// <summary>The mean run time of an attempt in milliseconds; null if none has ended.</summary>
    public readonly double? MeanRunTime => Ended == 0 ? null : (double)RunTime / Ended;

    /// <summary>Returns what has passed since <paramref name="before"/>.</summary>
    public readonly FlowTotals Since(in FlowTotals before) => new()
    {
        Arrived = Arrived - before.Arrived,
        Started = Started - before.Started,
        Ended = Ended - before.Ended,
        RunTime = RunTime - before.RunTime,
    };

    /// <summary>Adds what has passed.</summary>
    public void Add(in FlowTotals more)
    {
        Arrived += more.Arrived;
        Started += more.Started;
        Ended += more.Ended;
        RunTime += more.RunTime;
    }
}
