namespace OrleansTasks.Tasks;

/// <summary>A place in an ordered list of tasks.</summary>
/// <param name="Value">The value that the list is ordered by; without meaning in the order by creation.</param>
/// <param name="Id">The task.</param>
[GenerateSerializer, Immutable, Alias("ot.TaskPosition")]
public readonly record struct TaskPosition([property: Id(0)] long Value, [property: Id(1)] TaskId Id) : IComparable<TaskPosition>
{
    /// <summary>Orders by value, then by id.</summary>
    public int CompareTo(TaskPosition other) => Value != other.Value ? Value.CompareTo(other.Value) : Id.CompareTo(other.Id);
}
