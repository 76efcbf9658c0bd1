namespace OrleansTasks.Cluster;

/// <summary>A write that the store refused for its data, and that was set aside while everything else went on.</summary>
/// <param name="Kind">What the write belonged to: <c>queue</c>, <c>job</c>, <c>webhook</c>, <c>node</c> or <c>key</c>.</param>
/// <param name="Target">Its name or id.</param>
/// <param name="Detail">What was set aside, and why the store refused it.</param>
/// <param name="Since">When it was refused first, in Unix milliseconds.</param>
/// <param name="Count">How often, at least once.</param>
[GenerateSerializer, Immutable, Alias("ot.RefusedWrite")]
public sealed record RefusedWrite(
    [property: Id(0)] string Kind,
    [property: Id(1)] string Target,
    [property: Id(2)] string Detail,
    [property: Id(3)] long Since,
    [property: Id(4)] long Count);
