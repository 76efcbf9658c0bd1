namespace OrleansTasks.Tasks.Spec;

/// <summary>One fault of a document.</summary>
/// <param name="Path">
/// The place, such as <c>retry.backoff</c> or <c>tasks[17].cmd</c>; <c>$</c> is the document itself.
/// </param>
/// <param name="Message">What is wrong and what is allowed.</param>
public readonly record struct SpecError(string Path, string Message);
