using OrleansTasks.Resources;

namespace OrleansTasks.Nodes;

/// <summary>
/// An attempt that a worker may have, for <see cref="Reservation"/>. <c>EndsBy</c> is when it has ended at the latest
/// (Unix milliseconds of the node grain's steady clock); <see cref="long.MaxValue"/> if unknown.
/// </summary>
internal readonly record struct RunningAttempt(ResourceVector Shape, long EndsBy)
{
    /// <summary>The queue whose lease the attempt has.</summary>
    public string Queue { get; init; } = "";
}
