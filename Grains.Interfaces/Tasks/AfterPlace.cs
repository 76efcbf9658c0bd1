namespace OrleansTasks.Tasks;

/// <summary>The position of one item of an <c>after</c> in a <see cref="SubmitRequest"/>.</summary>
/// <param name="Task">The index of the task in the request.</param>
/// <param name="Item">The index of the item in the task's <c>after</c>.</param>
[GenerateSerializer, Immutable, Alias("ot.AfterPlace")]
public readonly record struct AfterPlace([property: Id(0)] int Task, [property: Id(1)] int Item);
