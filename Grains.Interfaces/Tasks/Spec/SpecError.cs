namespace OrleansTasks.Tasks.Spec;

/// <summary>One thing that is wrong with a document.</summary>
/// <param name="Path">Where: <c>retry.backoff</c>, <c>tasks[17].cmd</c>; <c>$</c> is the document itself.</param>
/// <param name="Message">What is wrong, and what is allowed.</param>
public readonly record struct SpecError(string Path, string Message);
