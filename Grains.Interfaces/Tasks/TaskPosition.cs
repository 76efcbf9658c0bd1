namespace OrleansTasks.Tasks;

/// <summary>A position in an ordered list of tasks.</summary>
/// <param name="Value">The value by which the list is ordered; unused when ordered by creation.</param>
/// <param name="Id">The task's id.</param>
[GenerateSerializer, Immutable, Alias("ot.TaskPosition")]
public readonly record struct TaskPosition([property: Id(0)] long Value, [property: Id(1)] TaskId Id) : IComparable<TaskPosition>
{
    /// <summary>Compares by value, then by id.</summary>
    public int CompareTo(TaskPosition other) => Value != other.Value ? Value.CompareTo(other.Value) : Id.CompareTo(other.Id);
}
