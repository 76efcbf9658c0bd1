namespace OrleansTasks.Tasks;

/// <summary>Identifies one leased attempt between a node and a dispatcher.</summary>
/// <param name="Task">The task.</param>
/// <param name="Queue">The queue whose dispatcher granted the lease.</param>
/// <param name="Attempt">The attempt's number, from 1.</param>
/// <param name="Token">The lease's token.</param>
[GenerateSerializer, Immutable, Alias("ot.LeaseRef")]
public readonly record struct LeaseRef(
    [property: Id(0)] TaskId Task,
    [property: Id(1)] string Queue,
    [property: Id(2)] int Attempt,
    [property: Id(3)] LeaseToken Token);
