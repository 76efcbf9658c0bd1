namespace OrleansTasks.Tasks;

/// <summary>Which tasks a list, a summary or a bulk operation means; a null filter matches everything.</summary>
/// <param name="State">In this state.</param>
/// <param name="Queue">Of this queue.</param>
/// <param name="Node">Whose latest attempt is or was on this node.</param>
/// <param name="Name">With exactly this name.</param>
/// <param name="Labels">Carrying all of these labels.</param>
/// <param name="CreatedAfter">Created later than this, Unix milliseconds.</param>
/// <param name="CreatedBefore">Created earlier than this, Unix milliseconds.</param>
/// <param name="Batch">Of this batch.</param>
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
    /// <summary>Whose latest attempt, or which itself, ended for this reason.</summary>
    [Id(8)] public EndReason? Reason { get; init; }

    /// <summary>Whose latest attempt had this exit code.</summary>
    [Id(9)] public int? ExitCode { get; init; }

    /// <summary>True: failed because the node was lost too often; false: all others.</summary>
    [Id(10)] public bool? Quarantined { get; init; }

    /// <summary>Failed with this fingerprint.</summary>
    [Id(11)] public long? Fingerprint { get; init; }

    /// <summary>Whose name or command contains this text, in any letter case.</summary>
    [Id(12)] public string? Text { get; init; }

    /// <summary>Ended later than this, Unix milliseconds.</summary>
    [Id(13)] public long? EndedAfter { get; init; }

    /// <summary>Ended earlier than this, Unix milliseconds.</summary>
    [Id(14)] public long? EndedBefore { get; init; }

    /// <summary>Whose latest attempt ran longer than this, or has run longer by <see cref="Now"/>, in milliseconds.</summary>
    [Id(15)] public long? LongerThan { get; init; }

    /// <summary>Unix milliseconds to which running attempts are counted, for <see cref="LongerThan"/>.</summary>
    [Id(16)] public long Now { get; init; }

    /// <summary>Matches every task.</summary>
    public static TaskFilter All { get; } = new(null, null, null, null, [], null, null, null);

    /// <summary>
    /// Whether the filter names nothing but times of creation. Ids tell these times, so a page of such a list is read from
    /// the index of ids in the time of its own length, however many tasks there are.
    /// </summary>
    public bool IsOfTimeAlone => Labels.IsDefaultOrEmpty
        && this with { Labels = All.Labels, CreatedAfter = null, CreatedBefore = null, Now = 0 } == All;
}
