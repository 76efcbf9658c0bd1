namespace OrleansTasks.Tasks;

/// <summary>Selects the tasks of a list, a summary or a bulk operation. A null filter matches every task.</summary>
/// <param name="State">Only tasks in this state.</param>
/// <param name="Queue">Only tasks of this queue.</param>
/// <param name="Node">Only tasks whose latest attempt is or was on this node.</param>
/// <param name="Name">Only tasks with exactly this name.</param>
/// <param name="Labels">Only tasks with all of these labels.</param>
/// <param name="CreatedAfter">Only tasks created later than this, in Unix milliseconds.</param>
/// <param name="CreatedBefore">Only tasks created earlier than this, in Unix milliseconds.</param>
/// <param name="Batch">Only tasks of this batch.</param>
[GenerateSerializer, Immutable, Alias("ot.TaskFilter")]
public sealed record TaskFilter(
    [property: Id(0)] TaskState? State,
    [property: Id(1)] string? Queue,
    [property: Id(2)] string? Node,
    [property: Id(3)] string? Name,
    [property: Id(4)] ImmutableArray<Label> Labels,
    [property: Id(5)] long? CreatedAfter,
    [property: Id(6)] long? CreatedBefore,
    [property: Id(7)] TaskId? Batch)
{
    /// <summary>Only tasks that ended, or whose latest attempt ended, for this reason.</summary>
    [Id(8)] public EndReason? Reason { get; init; }

    /// <summary>Only tasks whose latest attempt had this exit code.</summary>
    [Id(9)] public int? ExitCode { get; init; }

    /// <summary>
    /// True for only tasks that failed because their node was lost too often; false for only the others.
    /// </summary>
    [Id(10)] public bool? Quarantined { get; init; }

    /// <summary>Only tasks that failed with this fingerprint.</summary>
    [Id(11)] public long? Fingerprint { get; init; }

    /// <summary>Only tasks whose name or command contains this string, in any letter case.</summary>
    [Id(12)] public string? Text { get; init; }

    /// <summary>Only tasks that ended later than this, in Unix milliseconds.</summary>
    [Id(13)] public long? EndedAfter { get; init; }

    /// <summary>Only tasks that ended earlier than this, in Unix milliseconds.</summary>
    [Id(14)] public long? EndedBefore { get; init; }

    /// <summary>
    /// Only tasks whose latest attempt ran, or by <see cref="Now"/> has run, for more milliseconds than this.
    /// </summary>
    [Id(15)] public long? LongerThan { get; init; }

    /// <summary>The time in Unix milliseconds up to which <see cref="LongerThan"/> measures running attempts.</summary>
    [Id(16)] public long Now { get; init; }

    /// <summary>A filter that matches every task.</summary>
    public static TaskFilter All { get; } = new(null, null, null, null, [], null, null, null);

    /// <summary>
    /// Whether the filter has only bounds on the time of creation. Ids contain that time, so reading a page of such a
    /// list from the index of ids takes time in proportion to the page, however many tasks there are.
    /// </summary>
    public bool IsOfTimeAlone => Labels.IsDefaultOrEmpty
        && this with { Labels = All.Labels, CreatedAfter = null, CreatedBefore = null, Now = 0 } == All;
}
