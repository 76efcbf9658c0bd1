namespace Orleans.Concurrency;

/// <summary>Several activations of one key serve calls side by side, and none of them is the grain.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class StatelessWorkerAttribute : Attribute
{
    /// <summary>As many activations as there are processors.</summary>
    public StatelessWorkerAttribute() : this(-1)
    {
    }

    /// <summary>At most this many activations of a key.</summary>
    /// <param name="maxLocalWorkers">How many; -1 is the number of processors.</param>
    public StatelessWorkerAttribute(int maxLocalWorkers) => Workers = maxLocalWorkers;

    internal int Workers { get; }
}
