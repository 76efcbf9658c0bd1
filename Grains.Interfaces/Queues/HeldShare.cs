using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using OrleansTasks.Contract;

namespace OrleansTasks.Queues;

/// <summary>How much of the time in which a queue's tasks waited one cause held them back.</summary>
/// <param name="Code">The cause, as in the reasons why a task waits.</param>
/// <param name="Share">A fraction of the time, from 0 to 1.</param>
[GenerateSerializer, Immutable, Alias("ot.HeldShare")]
[Schema("HeldShare"), Description("How much of the time in which tasks waited one cause held them back.")]
public sealed record HeldShare(
    [property: Id(0)]
    [property: Description("The cause, as in the reasons why a task waits.")]
    [property: AllowedValues("queue-paused", "max-running", "rate-limited", "concurrency-key", "no-matching-node",
        "node-resting", "no-free-slot", "share-used", "starting", "blackout", "no-free-resource")]
    string Code,
    [property: Id(1)]
    [property: Description("The part of the time in which a task was queued. The shares of all causes add up to 1.")]
    [property: Range(0, 1)]
    double Share);
