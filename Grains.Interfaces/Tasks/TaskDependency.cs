namespace OrleansTasks.Tasks;

/// <summary>One item of a task's <c>after</c>: a task of the same queue that must end before this one starts.</summary>
/// <param name="Task">The task that must end, the parent.</param>
/// <param name="On">How the parent must end.</param>
[GenerateSerializer, Immutable, Alias("ot.TaskDependency")]
public readonly record struct TaskDependency([property: Id(0)] TaskId Task, [property: Id(1)] EndCondition On)
{
    /// <summary>Maximum number of items of an <c>after</c>.</summary>
    public const int Most = 64;
}
